"""Workouts of days at one sample a second, through the real fetcher over HTTP: stored and folded, or given up once,
with a letter that says so; and what comes behind them goes on."""

import json
from functools import cache
from typing import Any

import pytest

from connectors.history.fetcher.page_fetcher import PageFetcher
from streams.events import topics
from streams.events.record_bounds import Bounds
from streams.ops.errors import Reason, Rejected
from streams.ops.settings import Settings
from streams.tables.history.progress import JobProgress, decode
from tests.connectors.history.fetcher.memory import Fetcher
from tests.connectors.junction.scripted import http, scripted, settings_for
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker

USER = "6a1e1c3e-0000-4000-8000-000000000001"
DEFAULT = Settings.model_fields["record_bytes_max"].default
USERS = {"w1": USER, "w2": USER[:-1] + "2"}


def notice(workout: str) -> dict[str, Any]:
    """What Junction sends when there is a stream."""
    data = {"workout_id": workout, "source": {"slug": "strava"}, "message": "use the stream endpoint"}
    return {"event_type": "daily.data.workout_stream.created", "user_id": USERS[workout], "data": data}


@cache
def answer(hours: int) -> bytes:
    """As a watch records: ten columns of plausible numbers."""
    n = hours * 3600
    columns = {
        "time": [1_779_000_000 + i for i in range(n)],
        "heartrate": [120 + i % 40 for i in range(n)],
        "lat": [round(46 + i * 1e-5, 6) for i in range(n)],
        "lng": [round(7 + i * 1e-5, 6) for i in range(n)],
        "altitude": [round(1000 + i % 500 * 0.2, 1) for i in range(n)],
        "cadence": [80 + i % 9 for i in range(n)],
        "power": [200 + i % 60 for i in range(n)],
        "distance": [round(i * 2.7, 2) for i in range(n)],
        "velocity_smooth": [round(2.5 + i % 7 * 0.1, 2) for i in range(n)],
        "temperature": [12 + i % 3 for i in range(n)],
        "resistance": [],
    }
    return http(200, json.dumps(columns).encode())


class Folded:
    """What a worker of such a limit makes of what was stored: topics of clean records, and reasons of dead letters."""

    def __init__(self, record_bytes_max: int) -> None:
        self._worker = Worker(bounds=Bounds.of(record_bytes_max))
        self.clean, self.letters = list[str](), list[Reason]()

    def take(self, record: RawRecord) -> None:
        try:
            told = self._worker.run(record)
        except Rejected as rejection:
            self.letters.append(rejection.reason)
        else:
            self.clean += [one.topic for one in told if one.topic == "workout_stream"]


@pytest.mark.parametrize(
    ("hours", "record_bytes_max", "stored"),
    [
        (68, DEFAULT, True),
        (75, DEFAULT, True),
        (95, DEFAULT, False),
        (2, 1024 * 1024, True),
        (6, 1024 * 1024, False),
    ],
)
async def test_a_workout_of_days_stops_nobody(hours: int, record_bytes_max: int, stored: bool) -> None:
    """One call for its stream. What no record can hold becomes one dead letter of the fetcher; what a record can hold
    and the worker cannot, one of the worker; the next user's stream comes through."""
    worker, fetcher = Worker(), Fetcher(NOW_MS, may_fail=True)
    for workout in USERS:
        worker.deliver(notice(workout), id=workout)
    short = http(200, b'{"time":[1779000000],"heartrate":[70]}')
    async with scripted(answer(hours), short) as server:
        page_fetcher = PageFetcher(settings_for(server.url, record_bytes_max=record_bytes_max))
        page_fetcher.open()
        for request in worker.requests:
            fetcher.take(request)
            await fetcher.run(page_fetcher.fetch)
    assert len(server.requests) == 2
    events = [one for one in fetcher.stored if one.topic == f"{PREFIX}.raw.summaries"]
    letters = [one for one in fetcher.stored if one.topic == f"{PREFIX}.{topics.DEAD_LETTERS}"]
    assert (len(events), len(letters)) == ((2, 0) if stored else (1, 1))
    words = [decode(one.value or b"") for one in fetcher.stored if one.topic == f"{PREFIX}.{topics.FETCH_PROGRESS}"]
    over = {word.workout_id: word.reason for word in words if isinstance(word, JobProgress) and not word.due_ms}
    assert over == {"w1": "" if stored else "too_large", "w2": ""}
    folded = Folded(record_bytes_max)
    for event in events:
        folded.take(event)
    assert len(folded.clean) + len(folded.letters) == len(events)
    assert set(folded.letters) <= {Reason.TOO_LARGE}
    assert folded.clean[-1:] == ["workout_stream"]
