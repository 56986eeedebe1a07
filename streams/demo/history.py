"""How far the fetchers are: their progress topic, followed until every job is over."""

import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from streams import topics
from streams.fetch import progress
from streams.fetch.job import Status
from streams.fetch.progress import Progress
from streams.settings import Settings

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
        name = f"{settings.topic_prefix}.{topics.FETCH_PROGRESS}"
        conf = {"group.id": "demo", "isolation.level": "read_committed", "enable.partition.eof": True, "log_level": 0}
        self._consumer = Consumer(settings.librdkafka | conf)
        self._consumer.assign([TopicPartition(name, partition, 0) for partition in range(settings.partitions)])
        self._last: dict[tuple[str, ...], Progress] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            found = self._consumer.consume(1000, 0.2)
            with self._lock:
                for message in found:
                    if message.error():  # an end, or a broker that is away: the next look knows more
                        continue
                    said = progress.decode(message.value())
                    if isinstance(said, Progress):
                        self._last[said.user_id, said.provider, said.resource, said.workout_id] = said

    @property
    def words(self) -> list[Progress]:
        """The last one of each job, as far as it is read."""
        with self._lock:
            return list(self._last.values())

    @property
    def standing(self) -> Standing:
        """As of the last record read."""
        now_ms, last = int(time.time() * 1000), self.words
        over = [one for one in last if not one.due_ms or one.due_ms > now_ms + PARKED_MS]
        done = len(over) + sum(one.share for one in last if 0 < one.due_ms <= now_ms + PARKED_MS)
        rows = sum(one.rows for one in last if one.workout_id or not _is_listing(one))
        pages, words = sum(one.pages for one in last), Counter(_word(one) for one in over)
        return Standing(len(last), len(over), done / max(1, len(last)), pages, rows, words)

    def stop(self) -> None:
        self._over.set()
        self._thread.join(5)
        self._consumer.close()


def _is_listing(one: Progress) -> bool:
    """Its rows are workouts whose streams are jobs of their own."""
    return one.resource == "workout_stream"


def _word(one: Progress) -> str:
    return one.status if one.status in (Status.COMPLETE, Status.EMPTY, Status.FAILED) else "parked"
