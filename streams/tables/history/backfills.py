"""The history of one resource of a connection, as a value: what Junction announced, how far it is fetched, how much of
that is processed. Notices and progress merge in any order; processed rows are counted, exactly once by the engine.

Domain file, 5.1: the notice says that Junction's own pull is over. It holds no data, no count, no id.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from streams.events import providers
from streams.ops.errors import Reason, Rejected
from streams.payloads import Unfit, provider_slug, values
from streams.tables import rows
from streams.tables.history.job import JobStatus
from streams.tables.history.progress import JobProgress

NOTICES_MAX = 64  # a reconnect brings one more; beyond this many we say 64
EARLY = providers.LIVE_HISTORY  # the notice precedes the data, which arrive as incremental events (5.3)
KEPT_MAX = 4  # backfills whose rows are counted; see `add_rows`


class BackfillStatus(StrEnum):
    """The status that consumers see."""

    NOTIFIED = "notified"  # Junction has pulled it; nobody fetches yet
    NOT_EXPECTED = "not_expected"  # there is nothing to fetch; `reason` says why
    QUEUED = "queued"
    FETCHING = "fetching"
    COMPLETE = "complete"  # all pages are fetched, and all that was in them has been processed
    EMPTY = "empty"  # nothing there; asked again while `next_try_at` is set
    FAILED = "failed"


class HistoryNotice(NamedTuple):
    """A `historical.data.*.created`. Range in µs since 1970, UTC; the order breaks ties of the delivery time."""

    at_ms: int
    delivery_id: str
    start_us: int = 0
    end_us: int = 0
    has_range: bool = False
    is_swapped: bool = False


class Fetch(NamedTuple):
    """How far a job is; see `JobProgress`. The greatest `seq` is the newest."""

    seq: int
    id: str
    status: JobStatus
    why: str = ""
    start_us: int = 0
    end_us: int = 0
    share: float = 0.0
    pages: int = 0
    rows: int = 0
    reason: str = ""
    due_ms: int = 0
    began_ms: int = 0
    at_ms: int = 0


class ProcessedRows(NamedTuple):
    """Processed rows of one backfill, by verdict; first and last moment of their data, µs, UTC.

    `others`: those whose content was known in a newer version, or could not be used.
    """

    id: str
    new: int = 0
    changed: int = 0
    same: int = 0
    others: int = 0
    first_us: int | None = None
    last_us: int | None = None

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.same + self.others


class Backfill(NamedTuple):
    """`done`: of the newest few backfills, in the order of their first rows."""

    newest: HistoryNotice | None = None
    seen: tuple[tuple[int, str], ...] = ()  # the newest distinct notices, sorted
    fetch: Fetch | None = None
    done: tuple[ProcessedRows, ...] = ()
    not_expected: str = ""

    @property
    def status(self) -> BackfillStatus:
        fetch = self.fetch
        if fetch is None:
            return BackfillStatus.NOT_EXPECTED if self.not_expected else BackfillStatus.NOTIFIED
        if fetch.status is JobStatus.COMPLETE and not self.is_processed:
            return BackfillStatus.FETCHING
        return BackfillStatus(fetch.status)

    @property
    def visible(self) -> tuple[object, ...]:
        """What consumers see: a record is emitted when it changes. Processed rows alone change nothing here, until the
        next progress of the fetcher, or until they are all there."""
        fetch = self.fetch and self.fetch._replace(seq=0, at_ms=0)
        return self.newest, self.seen, fetch, self.not_expected, self.status

    @property
    def processed(self) -> ProcessedRows | None:
        """Processed rows of the backfill that is being fetched."""
        return next((one for one in self.done if self.fetch and one.id == self.fetch.id), None)

    @property
    def is_processed(self) -> bool:
        """Whether all rows that were fetched are processed."""
        fetch, done = self.fetch, self.processed
        if fetch is None:
            return False
        return not fetch.rows or (done is not None and done.rows >= fetch.rows)


EMPTY = Backfill()


def read_event(data: object, at_ms: int, delivery_id: str, problems: list[str]) -> tuple[str, HistoryNotice]:
    """(provider, notice). A range that runs backwards is swapped (5.1). Raises Rejected(BAD_SHAPE)."""
    if type(data) is not dict or not (provider := provider_slug(data.get("provider"))):
        raise Rejected(Reason.BAD_SHAPE, "$.data.provider")
    try:
        start, end = values.time_us(data.get("start_date")), values.time_us(data.get("end_date"))
    except Unfit as unfit:
        problems.append(f"$.data.start_date, $.data.end_date: {unfit}")
        return provider, HistoryNotice(at_ms, delivery_id)
    return provider, HistoryNotice(at_ms, delivery_id, min(start, end), max(start, end), True, start > end)


def merge(state: Backfill, notice: HistoryNotice) -> Backfill:
    """The state with one more notice."""
    seen = tuple(sorted({*state.seen, (notice.at_ms, notice.delivery_id)})[-NOTICES_MAX:])
    return state._replace(newest=max(state.newest or notice, notice), seen=seen)


def merge_progress(state: Backfill, progress: JobProgress) -> Backfill:
    """The state with the newest progress of the fetcher."""
    if state.fetch is not None and progress.seq <= state.fetch.seq:
        return state
    fetch = Fetch(
        progress.seq, progress.id, progress.status, progress.why, progress.start_us, progress.end_us, progress.share,
        progress.pages, progress.rows, progress.reason, progress.due_ms, progress.began_ms, progress.at_ms,
    )  # fmt: skip
    return state._replace(fetch=fetch)


def add_rows(state: Backfill, rows: ProcessedRows) -> Backfill:
    """The state with more processed rows of a backfill.

    Rows of several backfills arrive mixed: streams of one that is over still wait while the next one fetches, and rows
    may arrive before the progress of their job. So each has a count of its own. Beyond KEPT_MAX the oldest is dropped,
    never the one being fetched.
    """
    if any(one.id == rows.id for one in state.done):
        return state._replace(done=tuple(_sum(one, rows) if one.id == rows.id else one for one in state.done))
    kept = [*state.done, rows]
    if len(kept) > KEPT_MAX:
        kept.remove(next(one for one in kept if one != state.processed))
    return state._replace(done=tuple(kept))


def _sum(one: ProcessedRows, more: ProcessedRows) -> ProcessedRows:
    first = min((t for t in (one.first_us, more.first_us) if t is not None), default=None)
    last = max((t for t in (one.last_us, more.last_us) if t is not None), default=None)
    counts = (one.new + more.new, one.changed + more.changed, one.same + more.same, one.others + more.others)
    return ProcessedRows(one.id, *counts, first, last)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Backfill).decode


def encode(state: Backfill) -> bytes:
    return rows.pack(rows.BACKFILL, _encode(state))


def decode(stored: bytes | None) -> Backfill:
    """EMPTY for what is not stored."""
    if stored is None:
        return EMPTY
    payload = rows.unpack(rows.BACKFILL, stored)
    return _decode_1(payload) if rows.check(rows.BACKFILL, stored) == 1 else _decode(payload)


class _Done1(NamedTuple):
    id: str
    at_ms: int
    new: int = 0
    changed: int = 0
    same: int = 0
    others: int = 0
    first_us: int | None = None
    last_us: int | None = None


class _Backfill1(NamedTuple):
    newest: HistoryNotice | None = None
    seen: tuple[tuple[int, str], ...] = ()
    fetch: Fetch | None = None
    done: _Done1 | None = None
    not_expected: str = ""


def _decode_1(payload: bytes) -> Backfill:
    """As it was before: one count."""
    old = msgspec.msgpack.decode(payload, type=_Backfill1)
    done = (ProcessedRows(old.done.id, *old.done[2:]),) if old.done else ()
    return Backfill(old.newest, old.seen, old.fetch, done, old.not_expected)
