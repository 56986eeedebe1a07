"""How far the fetchers are: their progress topic, followed until every job is over."""

import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any, NamedTuple

from streams.events import topics
from streams.kafka.reader import Messages
from streams.ops.errors import Rejected, Unavailable
from streams.ops.settings import Settings
from streams.tables.history import JobProgress, JobStatus, Outage, progress

PARKED_MS = 60_000  # a job that goes on later than this is not waited for: its answer was empty, or it is in trouble


class Standing(NamedTuple):
    """`jobs`: known so far; `over`: of these, ended, or parked for long; `share`: of all, 0 to 1."""

    jobs: int
    over: int
    share: float
    pages: int
    rows: int
    by_status: Counter[str]

    def as_json(self) -> dict[str, Any]:
        return {"jobs": self.jobs, "over": self.over, "pages": self.pages, "rows": self.rows, **self.by_status}


class History:
    """Reads in a thread of its own until `stop`."""

    def __init__(self, settings: Settings) -> None:
        self._messages = Messages(settings, [f"{settings.topic_prefix}.{topics.FETCH_PROGRESS}"], from_beginning=True)
        self._last: dict[tuple[str, ...], JobProgress] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            with suppress(Unavailable):  # a broker that is away: the next look knows more
                for message in self._messages.messages(0.2):  # an end counts when all before it is taken in
                    news = _decoded(message.value())
                    if isinstance(news, JobProgress):
                        with self._lock:
                            self._last[news.user_id, news.provider, news.resource, news.workout_id] = news

    def is_read(self) -> bool:
        """Whether all that is on the topic now has been read. Raises Unavailable."""
        return self._messages.at_end()

    @property
    def latest(self) -> list[JobProgress]:
        """The last progress of each job, as far as it is read."""
        with self._lock:
            return list(self._last.values())

    @property
    def standing(self) -> Standing:
        """As of the last record read."""
        now_ms, last = int(time.time() * 1000), self.latest
        over = [one for one in last if not one.due_ms or one.due_ms > now_ms + PARKED_MS]
        done = len(over) + sum(one.share for one in last if 0 < one.due_ms <= now_ms + PARKED_MS)
        rows = sum(one.rows for one in last if one.workout_id or not _is_listing(one))
        pages, by_status = sum(one.pages for one in last), Counter(_status(one) for one in over)
        return Standing(len(last), len(over), done / max(1, len(last)), pages, rows, by_status)

    def stop(self) -> None:
        self._over.set()
        self._thread.join(5)
        self._messages.close()


def _decoded(value: bytes | None) -> JobProgress | Outage | None:
    """None for what is neither; the worker makes a dead letter of it."""
    try:
        return progress.decode(value or b"")
    except Rejected:
        return None


def _is_listing(one: JobProgress) -> bool:
    """Its rows are workouts whose streams are jobs of their own."""
    return one.resource == "workout_stream"


def _status(one: JobProgress) -> str:
    return one.status if one.status in (JobStatus.COMPLETE, JobStatus.EMPTY, JobStatus.FAILED) else "parked"
