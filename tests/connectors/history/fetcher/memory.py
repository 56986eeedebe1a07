"""A fetcher in memory: the product's queue, jobs and answers over a dict, each page as a transaction of its own."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.history.fetcher.transaction import apply_outcome, enqueue
from streams.tables.draft import Draft
from streams.tables.history import queue
from streams.tables.history.job import Call, Job
from streams.tables.history.queue import Heads
from streams.tables.history.request import Request
from streams.tables.outputs import Emit
from tests.folding import PREFIX, RawRecord

Ask = Callable[[Job], Awaitable[FetchedPage | FetchFailure]]


@dataclass
class Fetcher:
    """`now_ms`: its clock, which stands still between calls. `stored`: what it published, in order, as a reader of the
    topics gets it; `calls`: how often each was made. `may_fail`: whether a call may come to trouble."""

    now_ms: int
    stored: list[RawRecord] = field(default_factory=list)
    calls: Counter[tuple[tuple[str, ...], Call]] = field(default_factory=Counter)
    may_fail: bool = False
    _rows: dict[bytes, bytes] = field(default_factory=dict)

    def take(self, request: Request) -> None:
        draft = self._draft()
        enqueue(draft, PREFIX, request)
        self._apply(draft)

    def put(self, job: Job) -> None:
        """A job as an older version has left it in the table."""
        draft = self._draft()
        queue.save(draft, None, job)
        self._apply(draft)

    async def run(self, ask: Ask) -> None:
        """Fetch until no job is due."""
        while due := list(Heads().due(self._draft(), self.now_ms)):
            for row, _ in due:
                job = queue.load(self._draft(), row)
                assert job
                self.calls[job.request.key, job.call] += 1
                outcome = await ask(job)
                self.now_ms += 1
                if isinstance(outcome, FetchedPage):
                    outcome = outcome._replace(began_ms=self.now_ms)
                else:
                    assert self.may_fail, outcome
                draft = self._draft()
                apply_outcome(draft, PREFIX, job, outcome)
                self._apply(draft)

    def job(self, request: Request) -> Job | None:
        return queue.load(self._draft(), queue.row_of(request.key))

    def _draft(self) -> Draft:
        def scan(_: str, start: bytes, stop: bytes) -> "list[tuple[bytes, bytes]]":
            return sorted((key, value) for key, value in self._rows.items() if start <= key < stop)

        return Draft(lambda _, key: self._rows.get(key), 3, self.now_ms, lambda *where: iter(scan(*where)))

    def _apply(self, draft: Draft) -> None:
        for key, value in draft.tables.get(queue.TABLE, {}).items():
            if value is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = value
        for emit in draft.emits:
            self.stored.append(self._record(emit))

    def _record(self, emit: Emit) -> RawRecord:
        headers = list(emit.headers or ())
        return RawRecord(emit.topic, 3, len(self.stored), self.now_ms, emit.key, emit.value, headers)
