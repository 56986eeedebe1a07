"""What a page changes: the events that leave, the job's next step, and the streams of workouts that it lists."""

from collections import Counter

import pytest
from msgspec.structs import replace

from connectors.history.fetcher.outcome import FetchedPage
from streams.events import topics
from streams.events.headers import H_BACKFILL, H_ID, H_ORIGIN, Origin, header
from streams.events.times import DAY_US
from streams.tables.history import progress
from streams.tables.history.job import Job, JobStatus
from streams.tables.history.progress import JobProgress
from streams.tables.history.request import Request, Why
from streams.tables.history.windows import OLDEST_US
from tests.connectors.history.fetcher.memory import Fetcher
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker

STREAM = b'{"event_type":"daily.data.workout_stream.created","user_id":"u1","data":{"workout_id":"%s","stream":{"time":[1]},"source":{"provider":"strava"}}}'  # noqa: E501  # because it is one line of JSON
LISTING = Request("bf_1", "u1", "strava", "workout_stream", NOW_MS * 1000 - 60 * DAY_US, NOW_MS * 1000)


def one(workout_id: str, why: Why = Why.STREAM, id: str = "live_1") -> Request:
    return Request(id, "u1", "strava", "workout_stream", why=why, workout_id=workout_id)


async def answers(job: Job) -> FetchedPage:
    """Two windows, and the workout at their border is in both."""
    if job.request.workout_id:
        return FetchedPage([STREAM % job.request.workout_id.encode()], 1, "", NOW_MS)
    return FetchedPage([], 0, "", NOW_MS, ["w1", "w2"] if job.pages == 0 else ["w2", "w3"])


def events(fetcher: Fetcher) -> list[RawRecord]:
    return [record for record in fetcher.stored if record.topic == f"{PREFIX}.raw.summaries"]


def last_word(fetcher: Fetcher) -> JobProgress:
    words = [progress.decode(r.value or b"") for r in fetcher.stored if r.topic == f"{PREFIX}.{topics.FETCH_PROGRESS}"]
    return [word for word in words if isinstance(word, JobProgress) and not word.workout_id][-1]


def status(fetcher: Fetcher, *more: RawRecord) -> str:
    """What the worker tells of the history in the end."""
    worker = Worker()
    told = [clean for record in (*fetcher.stored, *more) for clean in worker.run(record)]
    return str([clean for clean in told if clean.topic == topics.BACKFILLS][-1].record["status"])


async def test_a_workout_that_is_listed_twice_is_one_row() -> None:
    """Its stream is fetched once, and the history is complete when it is there."""
    fetcher = Fetcher(NOW_MS)
    fetcher.take(LISTING)
    await fetcher.run(answers)
    assert (last_word(fetcher).status, last_word(fetcher).rows) == (JobStatus.COMPLETE, 3)
    assert len(events(fetcher)) == 3
    assert status(fetcher) == "complete"


async def test_the_stream_of_a_new_workout_is_no_history() -> None:
    """It leaves as an ordinary event, and what is complete stays so."""
    fetcher = Fetcher(NOW_MS)
    fetcher.take(LISTING)
    await fetcher.run(answers)
    before = len(events(fetcher))
    fetcher.take(one("w9"))
    await fetcher.run(answers)
    (live,) = events(fetcher)[before:]
    assert header(live.headers, H_ORIGIN) == Origin.INCREMENTAL
    assert header(live.headers, H_BACKFILL) == ""
    assert {header(one.headers, H_BACKFILL) for one in events(fetcher)[:before]} == {"bf_1"}
    assert status(fetcher) == "complete"


async def test_a_history_takes_a_stream_that_is_under_way() -> None:
    """Asked for by a new workout, then listed by the history: it is fetched once, as a row of the history."""
    fetcher = Fetcher(NOW_MS)
    fetcher.take(LISTING)
    fetcher.take(one("w1"))
    fetcher.take(one("w1", Why.NOTICE, "bf_1"))
    assert (job := fetcher.job(one("w1")))
    assert job.request.id == "bf_1"
    fetcher.take(one("w1"))
    assert (job := fetcher.job(one("w1")))
    assert job.request.id == "bf_1"


@pytest.mark.parametrize("order", ["first", "second", "alternating"])
async def test_streams_of_two_histories_come_mixed(order: str) -> None:
    """A second fetch of other days begins while streams of the first still wait: whichever come first, it completes."""
    fetcher, later = Fetcher(NOW_MS), replace(LISTING, id="bf_2", start_us=OLDEST_US, end_us=OLDEST_US + 60 * DAY_US)
    fetcher.take(LISTING)
    await fetcher.run(answers)
    fetcher.take(later)
    await fetcher.run(answers)
    words = [record for record in fetcher.stored if record not in events(fetcher)]
    first, second = events(fetcher)[:3], events(fetcher)[3:]
    mixed = {
        "first": [*first, *second],
        "second": [*second, *first],
        "alternating": [first[0], second[0], first[1], *second[1:], first[2]],
    }[order]
    assert {header(one.headers, H_BACKFILL) for one in second} == {"bf_2"}
    assert last_word(fetcher).id == "bf_2"
    worker = Worker()
    told = [clean for record in (*words, *mixed) for clean in worker.run(record) if clean.topic == topics.BACKFILLS]
    last = told[-1].record
    assert (last["status"], last["backfill_id"]) == ("complete", "bf_2")
    assert last["rows_new"] + last["rows_changed"] + last["rows_same"] + last["rows_other"] == last["rows"] == 3


async def test_each_event_has_an_id_of_its_own() -> None:
    """Also those of streams, whose jobs begin with the same number under the same backfill."""
    fetcher = Fetcher(NOW_MS)
    for _ in range(2):
        fetcher.take(LISTING)
        await fetcher.run(answers)
    ids = Counter(header(record.headers, H_ID) for record in events(fetcher))
    assert len(ids) == 6
    assert set(ids.values()) == {1}
