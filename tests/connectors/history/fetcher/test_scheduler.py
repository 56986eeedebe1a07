"""Who asks next, over an engine whose transactions are a dict: what is asked, and what an answer may still change."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from connectors.history.fetcher.outcome import FetchedPage
from connectors.history.fetcher.scheduler import Scheduler
from connectors.history.fetcher.transaction import apply_outcome, enqueue
from streams.tables.draft import Draft
from streams.tables.history import job as jobs
from streams.tables.history import queue
from streams.tables.history.job import Job
from streams.tables.history.request import Request, Why
from tests.folding import NOW_MS, PREFIX

PROFILE = Request("bf_1", "u1", "garmin", "profile")
STREAM = Request("bf_1", "u1", "garmin", "workout_stream", why=Why.STREAM, workout_id="w1")
BODY = b'{"event_type":"daily.data.profile.created","user_id":"u1","data":{}}'
Rows = dict[bytes, bytes]


class Engine:
    """Each call is a transaction of one partition. `emitted`: topics of what was committed, in order."""

    partitions = (3,)

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.emitted: list[str] = []
        self.now_ms = NOW_MS

    def draft(self) -> Draft:
        def scan(_: str, start: bytes, stop: bytes) -> list[tuple[bytes, bytes]]:
            return sorted((key, value) for key, value in self.rows.items() if start <= key < stop)

        return Draft(lambda _, key: self.rows.get(key), 3, self.now_ms, lambda *where: iter(scan(*where)))

    def commit(self, function: Callable[[Draft], object]) -> None:
        self.now_ms += 1
        draft = self.draft()
        function(draft)
        for key, value in draft.tables.get(queue.TABLE, {}).items():
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value
        self.emitted += [emit.topic for emit in draft.emits]

    async def call(self, partition: int, function: Callable[[Draft], object]) -> bool:
        self.commit(function)
        return True

    def fail(self, error: BaseException) -> None:
        raise error

    def take(self, request: Request) -> Job:
        """A request, as its record brings it; the job that it begins."""
        self.commit(lambda draft: enqueue(draft, PREFIX, request))
        job = queue.load(self.draft(), queue.row_of(request.key))
        assert job
        return job

    def apply_outcome(self, job: Job, page: FetchedPage) -> None:
        """An answer that came to another fetcher."""
        self.commit(lambda draft: apply_outcome(draft, PREFIX, job, page))

    @property
    def places(self) -> list[bytes]:
        return [key for key in self.rows if key.startswith(b"q")]


class Api:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[Job] = []
        self._answers: list[asyncio.Future[FetchedPage]] = []

    async def ask(self, job: Job) -> FetchedPage:
        self.asked.append(job)
        self._answers.append(asyncio.get_running_loop().create_future())
        return await self._answers[-1]

    async def answer(self, call: int, page: FetchedPage) -> None:
        """Until everything that follows has happened."""
        self._answers[call].set_result(page)
        for _ in range(20):
            await asyncio.sleep(0)


def scheduler(engine: Engine, api: Api) -> Scheduler:
    made = Scheduler(PREFIX, api.ask, 4, lambda share: None, 1)
    made.opened(SimpleNamespace(unit=engine))  # type: ignore[arg-type]  # because the real one needs Kafka
    return made


async def turn(engine: Engine, one: Scheduler) -> None:
    """One punctuation, and what it starts."""
    engine.commit(one.punctuate)
    await asyncio.sleep(0)


def page(*bodies: bytes) -> FetchedPage:
    return FetchedPage(bodies, len(bodies), "", NOW_MS)


async def left_behind(engine: Engine, kind: str) -> None:
    """A row of the queue where no job stands."""
    job = engine.take(PROFILE)
    old = {key: engine.rows[key] for key in engine.places}
    if kind == "over":
        engine.apply_outcome(job, page(BODY))
    elif kind == "gone":
        del engine.rows[queue.row_of(PROFILE.key)]
    else:
        engine.commit(lambda draft: queue.save(draft, job, jobs.after_trouble(job, "busy", engine.now_ms)))
    engine.rows |= old


@pytest.mark.parametrize(("kind", "places"), [("over", 0), ("gone", 0), ("parked", 1)])
async def test_a_place_without_its_job_is_deleted(kind: str, places: int) -> None:
    """A place in the queue whose job is over, gone, or due at another time leads to no call, and goes."""
    engine, api = Engine(), Api()
    await left_behind(engine, kind)
    assert len(engine.places) == places + 1
    await turn(engine, scheduler(engine, api))
    assert api.asked == []
    assert len(engine.places) == places


async def test_jobs_behind_many_stale_places_have_their_turn() -> None:
    """However many places came back, each transaction deletes a bounded number of them, and then the job is asked."""
    engine, api = Engine(), Api()
    job = engine.take(PROFILE)
    place = engine.places[0]
    engine.rows |= {place[:2] + n.to_bytes(8, "big") + place[10:]: b"" for n in range(queue.STALE_MAX + 5)}
    one = scheduler(engine, api)
    await turn(engine, one)
    assert (api.asked, len(engine.places)) == ([], 6)
    await turn(engine, one)
    assert (api.asked, engine.places) == ([job], [place])
    await api.answer(0, page())


async def test_an_answer_to_another_job_changes_nothing() -> None:
    """A partition goes to another fetcher and comes back within one call, and its stream has been fetched and asked for
    again: the old answer is dropped, the new question is asked."""
    engine, api = Engine(), Api()
    one, first = scheduler(engine, api), engine.take(STREAM)
    await turn(engine, one)
    engine.apply_outcome(first, page(BODY))
    second = engine.take(STREAM)
    assert (first.seq, len(engine.emitted)) == (second.seq, 4)
    await api.answer(0, page(BODY))
    assert len(engine.emitted) == 4
    assert api.asked == [first, second]
    await api.answer(1, page(BODY))
    assert len(engine.emitted) == 6
    assert engine.rows == {}


async def test_an_answer_to_a_step_that_was_not_committed_changes_nothing() -> None:
    """A call was made for a step of a transaction that aborted, and the job then went another way: its answer is not
    taken for that of the question that has its number."""
    engine = Engine()
    job = engine.take(PROFILE)
    lost, kept = (jobs.after_page(job, 1, cursor, engine.now_ms) for cursor in ("a", "b"))
    engine.commit(lambda draft: queue.save(draft, job, kept))
    assert lost.seq == kept.seq
    before = dict(engine.rows)
    engine.apply_outcome(lost, page(BODY))
    assert engine.rows == before
    engine.apply_outcome(kept, page(BODY))
    assert engine.rows != before


async def test_a_lost_place_comes_back_with_a_request() -> None:
    """An open job without a place in the queue is asked about as soon as somebody asks for it again."""
    engine, api = Engine(), Api()
    engine.take(PROFILE)
    del engine.rows[engine.places[0]]
    one, job = scheduler(engine, api), engine.take(PROFILE)
    await turn(engine, one)
    assert api.asked == [job]
    await api.answer(0, page())
