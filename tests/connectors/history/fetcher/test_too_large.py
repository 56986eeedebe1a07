"""What no record can hold is given up once, with a reason that can be seen, and everything else goes on."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.history.fetcher import workout_events
from connectors.history.fetcher.outcome import FetchedPage
from connectors.history.fetcher.page_fetcher import HEAD_BYTES, PageFetcher
from connectors.junction.workout_stream import COLUMNS, read
from streams.agents import assembly
from streams.events import topics
from streams.events.headers import H_REASON, header
from streams.events.record_bounds import Bounds
from streams.events.times import DAY_US
from streams.letters import returns
from streams.letters.letter import Letter
from streams.tables.draft import Draft
from streams.tables.history import progress
from streams.tables.history.job import Job, JobStatus
from streams.tables.history.progress import JobProgress
from streams.tables.history.request import Request, Why
from tests.connectors.history.fetcher.memory import Fetcher
from tests.connectors.junction.scripted import Answer, http, scripted, settings_for
from tests.folding import CODEC, NOW_MS, PREFIX, RawRecord, Worker, raw

MIB = 1024 * 1024  # the least that STREAMS_RECORD_BYTES_MAX may be
USER = "6a1e1c3e-0000-4000-8000-000000000001"
SPAN = (NOW_MS * 1000 - 20 * DAY_US, NOW_MS * 1000)
STREAM = Request("bf_1", USER, "strava", "workout_stream", why=Why.STREAM, workout_id="w1")


async def fetched(request: Request, *answers: Answer) -> tuple[Fetcher, int]:
    """A fetcher that has done what there was to do, and how many calls it made."""
    fetcher = Fetcher(NOW_MS, may_fail=True)
    async with scripted(*answers) as server:
        page_fetcher = PageFetcher(settings_for(server.url, record_bytes_max=MIB))
        page_fetcher.open()
        fetcher.take(request)
        await fetcher.run(page_fetcher.fetch)
    return fetcher, len(server.requests)


def stored(fetcher: Fetcher, topic: str) -> list[RawRecord]:
    return [record for record in fetcher.stored if record.topic == f"{PREFIX}.{topic}"]


def last_word(fetcher: Fetcher) -> JobProgress:
    word = progress.decode(stored(fetcher, topics.FETCH_PROGRESS)[-1].value or b"")
    assert isinstance(word, JobProgress)
    return word


def size_of(record: RawRecord) -> int:
    headers = sum(len(name) + len(value) for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers


LARGEST = Bounds.of(MIB).emit - HEAD_BYTES  # of an event


def stream_of(bytes_: int) -> bytes:
    """A workout's stream whose answer has about so many bytes."""
    points = bytes_ // 8
    return json.dumps({"time": list(range(1_000_000, 1_000_000 + points))}, separators=(",", ":")).encode()


@pytest.mark.parametrize("why", [Why.STREAM, Why.NOTICE])
async def test_a_stream_that_no_record_can_hold_is_a_dead_letter(why: Why) -> None:
    """It is asked for once; the job has failed and says why; nothing of it is stored but a letter with the reason."""
    fetcher, calls = await fetched(
        Request(STREAM.id, USER, "strava", "workout_stream", why=why, workout_id="w1"),
        http(200, stream_of(LARGEST)),
    )
    assert calls == 1
    assert (last_word(fetcher).status, last_word(fetcher).reason) == (JobStatus.FAILED, "too_large")
    assert fetcher.job(STREAM) is None
    assert stored(fetcher, "raw.summaries") == []
    (letter,) = stored(fetcher, topics.DEAD_LETTERS)
    assert header(letter.headers, H_REASON) == "too_large"
    assert size_of(letter) < 2_000


async def test_the_largest_stream_that_fits_is_stored() -> None:
    """Just below the bound, the whole record, key and headers with it, is one that Kafka takes."""
    fetcher, _ = await fetched(STREAM, http(200, stream_of(LARGEST - 1_000)))
    (record,) = stored(fetcher, "raw.summaries")
    assert LARGEST - 1_000 < size_of(record) < MIB
    assert stored(fetcher, topics.DEAD_LETTERS) == []


@given(
    st.lists(st.sampled_from([7, 72, 46.123456, None, 123_456_789, 1e-7]), min_size=1, max_size=4),
    st.integers(0, 10),
    st.sampled_from([0, 4_000, 40_000]),
)
def test_what_the_worker_makes_of_a_stream_is_not_larger_than_expected(
    values: list[float | None], columns: int, odd: int
) -> None:
    """The record and the row of state that the worker really makes stay within what the fetcher expects of a stream,
    and are not much smaller."""
    points = 4_000
    said: dict[str, Any] = {name: [*values, *[7] * points][:points] for name in COLUMNS[:columns]}
    said |= {"time": list(range(1_700_000_000, 1_700_000_000 + points))} | ({"odd": [1.5] * odd} if odd else {})
    answer = json.dumps(said, separators=(",", ":")).encode()
    draft = Draft(lambda *_: None, 3, NOW_MS)
    assembly.folds(CODEC, PREFIX)["raw.summaries"](raw(workout_events.stream_event(STREAM, answer)), draft)
    rows = [value or b"" for table in draft.tables.values() for value in table.values()]
    largest = max(len(one) for one in (*(emit.value or b"" for emit in draft.emits), *rows))
    expected = workout_events.clean_bytes(read(answer))
    assert largest <= expected
    assert expected <= 2 * largest


async def test_a_stream_that_only_the_worker_cannot_hold_is_no_row() -> None:
    """Its bytes are stored, the worker gives them up with a dead letter, and a history that lists it does not wait for
    a row that never comes."""
    points = 40_000
    answer = {"time": list(range(points))} | {name: [7] * points for name in COLUMNS[:4]}
    request = Request(STREAM.id, USER, "strava", "workout_stream", workout_id="w1")
    fetcher, _ = await fetched(request, http(200, json.dumps(answer, separators=(",", ":")).encode()))
    assert len(stored(fetcher, "raw.summaries")) == 1
    assert (last_word(fetcher).status, last_word(fetcher).rows) == (JobStatus.EMPTY, 0)
    worker = Worker()
    listing = Job(Request(STREAM.id, USER, "strava", "workout_stream"), JobStatus.COMPLETE, 3, rows=1)
    word = progress.encode(progress.of(listing, NOW_MS))
    said = RawRecord(f"{PREFIX}.{topics.FETCH_PROGRESS}", 3, 0, NOW_MS, b"k", word, [])
    told = [clean for one in (said, *stored(fetcher, topics.FETCH_PROGRESS)) for clean in worker.run(one)]
    assert (told[-1].topic, told[-1].record["status"]) == (topics.BACKFILLS, "complete")


async def test_a_letter_that_is_put_back_asks_for_its_stream_again() -> None:
    """A redrive makes of it the notice that the workout has a stream, and the worker asks, though it knew of one."""
    fetcher, _ = await fetched(STREAM, http(200, stream_of(MIB)))
    (record,) = stored(fetcher, topics.DEAD_LETTERS)
    letter = Letter(3, 0, NOW_MS, record.key or b"", record.value or b"", record.headers)
    put = returns.return_of(letter, PREFIX, 12)
    assert put.refusal == ""
    worker = Worker()
    shallow = {"workout_id": "w1", "source": {"provider": "strava"}, "message": "ask"}
    worker.deliver({"event_type": "daily.data.workout_stream.created", "user_id": USER, "data": shallow})
    worker.requests.clear()
    worker.run(RawRecord(put.topic, put.partition, 1, NOW_MS, put.key, letter.body, list(put.headers)))
    assert [request.key for request in worker.requests] == [STREAM.key]


def sleep(id: str, bytes_: int = 0) -> dict[str, Any]:
    return {"id": id, "source": {"provider": "oura"}, "calendar_date": "2026-05-01", "odd": "x" * bytes_}


def sample(minute: int, bytes_: int = 0) -> dict[str, Any]:
    return {"timestamp": f"2026-05-01T10:{minute:02}:00+00:00", "unit": "count", "value": 1, "odd": "x" * bytes_}


def summaries(*bytes_: int) -> bytes:
    return http(200, json.dumps({"sleep": [sleep(f"s{n}", size) for n, size in enumerate(bytes_)]}).encode())


def samples(*bytes_: int) -> bytes:
    data = [sample(n, size) for n, size in enumerate(bytes_)]
    groups = {"oura": [{"source": {"provider": "oura"}, "data": data}]}
    return http(200, json.dumps({"groups": groups, "next_cursor": None}).encode())


@pytest.mark.parametrize(("resource", "answer"), [("sleep", summaries), ("steps", samples)])
async def test_an_object_that_no_record_can_hold_stops_no_other(resource: str, answer: Any) -> None:
    """One of three in the first window: the others are stored, the older windows are fetched, and the history is
    complete, with the reason why something is missing."""
    request = Request(
        "bf_1", USER, "oura", resource, *(SPAN if resource == "steps" else (SPAN[0] - 40 * DAY_US, SPAN[1]))
    )
    fetcher, calls = await fetched(request, answer(0, MIB, 0), answer(0))
    windows = last_word(fetcher).pages
    assert (calls, windows > 1) == (windows, True)
    assert (last_word(fetcher).status, last_word(fetcher).reason) == (JobStatus.COMPLETE, "too_large")
    assert last_word(fetcher).rows == windows - 1 + 2
    worker = Worker()
    told = [clean for record in fetcher.stored for clean in worker.run(record) if clean.topic == topics.BACKFILLS]
    assert (told[-1].record["status"], told[-1].record["reason"]) == ("complete", "too_large")


async def test_an_object_alone_may_be_larger_than_several_together() -> None:
    """Several objects or samples share an event of 4 MiB; a larger one stands alone, as long as a record holds it."""
    large = 5 * MIB
    async with scripted(samples(0, large, 0)) as server:
        page_fetcher = PageFetcher(settings_for(server.url))
        page_fetcher.open()
        page = await page_fetcher.fetch(Job(Request("bf_1", USER, "oura", "steps", *SPAN), window=SPAN))
    assert isinstance(page, FetchedPage)
    assert (sorted(len(body) > large for body in page.bodies), page.left_out) == ([False, False, True], 0)


async def test_nothing_but_what_is_left_out_ends_too() -> None:
    """A history of which no record can hold anything is over, and says why: it is not asked for again and again."""
    fetcher, calls = await fetched(
        Request("bf_1", USER, "oura", "profile"), http(200, json.dumps(sleep("p", MIB)).encode())
    )
    assert (calls, last_word(fetcher).status, last_word(fetcher).reason) == (1, JobStatus.COMPLETE, "too_large")
