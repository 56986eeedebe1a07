"""What the records of one partition want to do in one transaction: state to write, records to emit, things to count.

A fold is a function `(record, draft) -> None`. It is synchronous and pure: it reads and writes state and emits only
through the draft. A record that is Rejected leaves no trace: the draft is set back to where the record began.
The engine gives each (transaction, partition) a draft and applies it when the transaction has committed; a test gives
one a dict.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from streams.events.record_bounds import RECORD_BYTES_MAX, Bounds, weight
from streams.events.types import Record
from streams.ops.errors import Reason, Rejected

Read = Callable[[str, bytes], bytes | None]  # (table, key) → value
Rows = Iterator[tuple[bytes, bytes]]
Scan = Callable[[str, bytes, bytes], Rows]  # (table, start, stop) → rows of [start, stop), sorted by key


class Emit(NamedTuple):
    """One record to produce. It goes to the draft's own partition: same user, same partition number."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] | None


class Sign(NamedTuple):
    """News of a live delivery that left no clean record, because something newer had said it. `topic`: short name.

    `time_us`: the newest moment that it speaks about. `who`: client user id and team id.
    """

    topic: str
    user_id: str
    time_us: int
    delivered_ms: int
    received_ms: int
    who: tuple[str, str]


def no_rows(table: str, start: bytes, stop: bytes) -> Rows:
    """The scan of a store that holds nothing."""
    return iter(())


def overlay(rows: Rows, written: Mapping[bytes, bytes | None], start: bytes, stop: bytes) -> Rows:
    """Rows of a store, sorted, as they are after some writes of [start, stop); None deletes."""
    above = iter(sorted((key, value) for key, value in written.items() if start <= key < stop))
    next_above = next(above, None)
    for key, value in rows:
        while next_above is not None and next_above[0] < key:
            if next_above[1] is not None:
                yield next_above[0], next_above[1]
            next_above = next(above, None)
        if next_above is not None and next_above[0] == key:
            continue
        yield key, value
    while next_above is not None:
        if next_above[1] is not None:
            yield next_above[0], next_above[1]
        next_above = next(above, None)


_ABSENT = object()
_BOUNDS = Bounds.of(RECORD_BYTES_MAX)
_tuple = tuple.__new__  # half the time of calling Emit, on the path of every record


class Draft:
    """Uncommitted state and output of one partition. Not thread-safe: one fold at a time.

    `complete_ms` is for punctuations: all records that were in Kafka at that time have been processed; 0 if unknown.
    `said`: what the fold said in clean records, for those who watch; None while nobody does.
    """

    __slots__ = (
        *(
            "_emit_max",
            "_read",
            "_row_max",
            "_scan",
            "_undo",
            "arrivals",
            "bounds",
            "complete_ms",
            "counted",
            "emits",
            "now_ms",
            "partition",
            "said",
            "signs",
        ),
        "tables",
    )

    def __init__(
        self, read: Read, partition: int = 0, now_ms: int = 0, scan: Scan = no_rows, bounds: Bounds = _BOUNDS
    ) -> None:
        self._read = read
        self._scan = scan
        self.bounds = bounds
        _, self._emit_max, self._row_max = bounds
        self.partition = partition
        self.now_ms = now_ms
        self.complete_ms = 0
        self.said: list[tuple[str, dict[str, Any]]] | None = None  # (short topic, record before it is encoded)
        self.signs: list[Sign] = []  # while `said` is kept
        self.tables: dict[str, dict[bytes, bytes | None]] = {}
        self.emits: list[Emit] = []
        self.counted: list[tuple[int, tuple[str, ...]]] = []
        # To be timed: raw topic, Unix milliseconds at the door, and of the event's creation where it is known.
        self.arrivals: list[tuple[str, int, int | None]] = []
        self._undo: list[tuple[dict[bytes, bytes | None], bytes, object]] = []

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value as this transaction sees it: own writes first, then the store."""
        written = self.tables.get(table)
        if written is not None:
            value = written.get(key, _ABSENT)
            if value is not _ABSENT:
                return value  # type: ignore[return-value]  # because the sentinel is excluded above
        return self._read(table, key)

    def scan(self, table: str, start: bytes, stop: bytes) -> Rows:
        """Rows with keys in [start, stop), sorted by key, as this transaction sees them when it is called.

        Writes made while it is iterated may or may not be seen.
        """
        return overlay(self._scan(table, start, stop), dict(self.tables.get(table, {})), start, stop)

    def put(self, table: str, key: bytes, value: bytes | None) -> None:
        """Write state; None deletes (a tombstone in the changelog). Raises Rejected(TOO_LARGE)."""
        if value is not None and len(key) + len(value) > self._row_max:
            raise Rejected(Reason.TOO_LARGE, f"a row of {table}: {len(key) + len(value)} bytes")
        written = self.tables.get(table)
        if written is None:
            written = self.tables[table] = {}
        self._undo.append((written, key, written.get(key, _ABSENT)))
        written[key] = value

    def emit(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] | None = None,
        *,
        more: int = 0,
    ) -> None:
        """Produce a record to `topic` (full name) within the transaction. Raises Rejected(TOO_LARGE).

        `more`: bytes by which it may be larger than others, of the room that is kept free.
        """
        if headers or len(key or b"") + len(value or b"") > self._emit_max:
            self._weigh(weight(key, value, headers), topic, more)
        self.emits.append(_tuple(Emit, (topic, key, value, headers)))

    def _weigh(self, size: int, topic: str, more: int) -> None:
        if size > self._emit_max + more:
            raise Rejected(Reason.TOO_LARGE, f"a record of {topic}: {size} bytes")

    def count(self, metric: str, *labels: str, n: int = 1) -> None:
        """Add to a counter once the transaction has committed."""
        self.counted.append((n, (metric, *labels)))

    @property
    def counts(self) -> Counter[tuple[str, ...]]:
        """Sum of `count` calls by (metric, *labels)."""
        total: Counter[tuple[str, ...]] = Counter()
        for n, name in self.counted:
            total[name] += n
        return total

    def run(self, fold: "Fold", record: Record) -> None:
        """Apply one record; whatever it raises, nothing of it stays."""
        self.run_all(fold, (record,), _raise)

    def run_all(self, fold: "Fold", records: Iterable[Record], on_error: "OnError") -> None:
        """Apply records in order. Of one that raises nothing stays; `on_error` is told, and raises to end it."""
        emits, counted, undo = self.emits, self.counted, self._undo  # this is the path of every record
        for record in records:
            emitted, counts = len(emits), len(counted)
            if undo:
                undo.clear()
            try:
                fold(record, self)
            except BaseException as error:
                del emits[emitted:], counted[counts:]
                self._take_back()
                on_error(record, error)

    def attempt(self, part: Callable[[], None]) -> bool:
        """Do a part of what a record or a timer asks for, which must not cost the rest of it. Answers whether it was
        done: of what would be too large nothing stays."""
        emitted, counted, undo = len(self.emits), len(self.counted), len(self._undo)
        try:
            part()
        except Rejected as rejection:
            if rejection.reason is not Reason.TOO_LARGE:
                raise
            del self.emits[emitted:], self.counted[counted:]
            self._take_back(undo)
            return False
        return True

    def _take_back(self, first: int = 0) -> None:
        for written, key, before in reversed(self._undo[first:]):
            if before is _ABSENT:
                written.pop(key, None)
            else:
                written[key] = before  # type: ignore[assignment]  # because the sentinel is excluded above
        del self._undo[first:]

    def call(self, function: "Punctuation") -> bool:
        """Apply what no record asks for; answers whether it did anything. It must not be Rejected."""
        emitted, counted = len(self.emits), len(self.counted)
        self._undo.clear()
        function(self)
        return bool(self._undo or len(self.emits) > emitted or len(self.counted) > counted)


def _raise(record: Record, error: BaseException) -> None:
    raise error


Fold = Callable[[Record, Draft], None]
OnError = Callable[[Record, BaseException], None]
Punctuation = Callable[[Draft], None]  # called for each partition about once a second, whether or not records come
