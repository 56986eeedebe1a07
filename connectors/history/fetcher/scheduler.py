"""Starts calls for due jobs from the queue of each partition, within the limits, and applies their outcomes.

Calls under way are known in memory only: after a crash, an abort or a rebalance a job is still due, here or elsewhere,
and its page is fetched again. An outcome is applied only where the job is unchanged since the call began; so a repeated
one, or one for a partition that was lost meanwhile, changes nothing.

Fairness: a page puts its job behind all that are due; no user has more than USER_CALLS_MAX calls under way, no
partition more than its share.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.history.fetcher.transaction import TOO_LARGE, apply_outcome
from streams.engine.faust.run import App
from streams.engine.work.unit import UnitOfWork
from streams.ops import log, metrics
from streams.tables import Draft
from streams.tables.history import Heads, Job, queue

USER_CALLS_MAX = 2
FORGET_EVERY = 30  # punctuations of a partition
COUNT_EVERY = 10  # punctuations: counting open jobs reads all of them

Fetch = Callable[[Job], Awaitable[FetchedPage | FetchFailure]]

logger = log.get("fetcher")


@dataclass(slots=True)
class _Partition:
    """`open`: open jobs at the last count, (due, parked)."""

    heads: Heads = field(default_factory=Heads)
    punctuations: int = 0
    open: tuple[int, int] = (0, 0)


class Scheduler:
    """`fetch` makes one call and never raises. `calls_max`: at once, over all partitions of this process. `set_share`
    gets this process' share of the group's work, 0 to 1, before the first call and at each change."""

    def __init__(
        self, prefix: str, fetch: Fetch, calls_max: int, set_share: Callable[[float], None], partitions: int
    ) -> None:
        self._prefix = prefix
        self._fetch = fetch
        self._calls_max = calls_max
        self._set_share = set_share
        self._partitions = partitions
        self._unit: UnitOfWork
        self._share = -1.0
        self._queues: dict[int, _Partition] = {}
        self._calls: dict[bytes, asyncio.Task[None]] = {}
        self._by_partition: Counter[int] = Counter()
        self._by_user: Counter[str] = Counter()
        self._refills: set[asyncio.Task[bool]] = set()

    def opened(self, app: App) -> None:
        self._unit = app.unit

    def punctuate(self, draft: Draft) -> None:
        """About once a second for each partition: start calls for the jobs that are due."""
        mine = self._queues.setdefault(draft.partition, _Partition())
        if mine.punctuations % FORGET_EVERY == 0:
            mine.heads.forget()
        if mine.punctuations % COUNT_EVERY == 0:
            mine.open = queue.count(draft, draft.now_ms)
            self._show_open()
        mine.punctuations += 1
        self.fill(draft)

    def _show_open(self) -> None:
        open_ = [self._queues[one].open for one in self._unit.partitions if one in self._queues]
        metrics.FETCH_JOBS_OPEN.labels("due").set(sum(due for due, _ in open_))
        metrics.FETCH_JOBS_OPEN.labels("parked").set(sum(parked for _, parked in open_))

    def _follow_share(self) -> None:
        share = len(self._unit.partitions) / self._partitions
        if share != self._share:
            self._share = share
            self._set_share(share)

    def fill(self, draft: Draft) -> None:
        """Start calls for due jobs of a partition while there is room."""
        self._follow_share()
        room = self._room(draft.partition)
        if room <= 0:
            return
        for row, job in self._queues.setdefault(draft.partition, _Partition()).heads.due(draft, draft.now_ms):
            if row in self._calls or self._by_user[job.request.user_id] >= USER_CALLS_MAX:
                continue
            self._start(draft.partition, row, job)
            room -= 1
            if room <= 0:
                return

    def _room(self, partition: int) -> int:
        share = -(-self._calls_max // max(1, len(self._unit.partitions)))
        return min(self._calls_max - len(self._calls), share - self._by_partition[partition])

    def _start(self, partition: int, row: bytes, job: Job) -> None:
        self._by_partition[partition] += 1
        self._by_user[job.request.user_id] += 1
        task = self._calls[row] = asyncio.ensure_future(self._call(partition, job))
        task.add_done_callback(partial(self._ended, partition, row, job))
        metrics.FETCH_CALLS_NOW.set(len(self._calls))

    def _ended(self, partition: int, row: bytes, job: Job, task: "asyncio.Task[None]") -> None:
        del self._calls[row]
        self._by_partition[partition] -= 1
        self._by_user[job.request.user_id] -= 1
        if not self._by_user[job.request.user_id]:
            del self._by_user[job.request.user_id]
        metrics.FETCH_CALLS_NOW.set(len(self._calls))
        if task.cancelled():
            return
        if error := task.exception():
            self._unit.fail(error)
        else:
            self._refill(partition)

    async def _call(self, partition: int, job: Job) -> None:
        outcome = await self._fetch(job)
        if isinstance(outcome, FetchFailure):
            logger.info(
                "trouble", reason=outcome.reason, resource=job.request.resource, provider=job.request.provider,
                tries=job.tries + 1, backfill=job.request.id,
            )  # fmt: skip
        elif outcome.left_out:
            logger.warning(
                "left_out", reason=TOO_LARGE, count=outcome.left_out, resource=job.request.resource,
                provider=job.request.provider, backfill=job.request.id,
            )  # fmt: skip
        await self._unit.call(partition, lambda draft: self._apply(draft, job, outcome))

    def _apply(self, draft: Draft, asked: Job, outcome: FetchedPage | FetchFailure) -> None:
        apply_outcome(draft, self._prefix, asked, outcome)

    def _refill(self, partition: int) -> None:
        """A call has ended: start the next one now, and not at the next punctuation."""
        task = asyncio.ensure_future(self._unit.call(partition, self.fill))
        self._refills.add(task)
        task.add_done_callback(self._refills.discard)
