"""What the records of one partition do in one transaction: state to write, records to emit, counters to add to.

A fold is a function `(record, draft) -> None`. It is synchronous and pure: it reads and writes state and emits only
through the draft. Of a record that is Rejected nothing stays: the draft is set back to where the record began.
The engine makes a draft for each transaction and partition, and applies it once the transaction has committed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from streams.events import RECORD_BYTES_MAX, Bounds, Record, TraceHeaders, weight
from streams.ops.errors import Reason, Rejected
from streams.tables.outputs import ASIDE, Arrival, Count, Emit, Handled, Judged, Measurement, Observation
from streams.tables.overlay import Read, Rows, Scan, no_rows, overlay

_ABSENT = object()
_BOUNDS = Bounds.of(RECORD_BYTES_MAX)
_tuple = tuple.__new__  # half the time of calling Emit, on the path of every record


class Draft:
    """Uncommitted state and output of one partition. Not thread-safe: one fold at a time.

    `complete_ms` is for punctuations: all records that were in Kafka at that time have been processed; 0 if unknown.
    `measurements`: for lineage when the transaction is closed, and for the metrics once it has committed.
    `observations`: of one fold, for alert rules in the same transaction; None while there are no rules.
    `trace`: headers of each record that is emitted without any; a fold sets it, for the record at hand.
    """

    __slots__ = (
        *("_emit_max", "_read", "_row_max", "_scan", "_undo", "bounds", "complete_ms", "emits", "measurements"),
        *("now_ms", "observations", "partition", "tables", "trace"),
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
        self.observations: list[Observation] | None = None
        self.tables: dict[str, dict[bytes, bytes | None]] = {}
        self.emits: list[Emit] = []
        self.measurements: list[Measurement] = []
        self.trace: TraceHeaders | None = None
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
        self.emits.append(_tuple(Emit, (topic, key, value, headers or self.trace)))

    def _weigh(self, size: int, topic: str, more: int) -> None:
        if size > self._emit_max + more:
            raise Rejected(Reason.TOO_LARGE, f"a record of {topic}: {size} bytes")

    def count(self, metric: str, *labels: str, n: int = 1) -> None:
        """Add to a counter once the transaction has committed."""
        self.measurements.append(_tuple(Count, ((metric, *labels), n)))

    def judged(
        self, family: str, label: str, verdict: str, n: int = 1, id: str = "", changed_fields: Sequence[str] = ()
    ) -> None:
        """Note a verdict, of one entity by its id or of so many samples. It is counted, and in the lineage."""
        self.measurements.append(_tuple(Judged, (family, label, verdict, n, id, changed_fields)))

    def note(self, one: Measurement) -> None:
        """Note something for the lineage."""
        self.measurements.append(one)

    @property
    def counts(self) -> Counter[tuple[str, ...]]:
        """Sums of `count` and `judged` calls by (metric, *labels)."""
        total: Counter[tuple[str, ...]] = Counter()
        for one in self.measurements:
            if type(one) is Count:
                total[one.name] += one.n
            elif type(one) is Judged:
                total["verdicts", one.family, one.label, one.verdict] += one.n
        return total

    @property
    def arrivals(self) -> list[Arrival]:
        """Events to be timed: those that a door says when it received."""
        return [
            Arrival(one.raw_topic, one.delivery.received_ms, one.delivery.created_ms)
            for one in self.measurements
            if type(one) is Handled and one.delivery.received_ms is not None
        ]

    def run(self, fold: "Fold", record: Record) -> None:
        """Apply one record. If it raises, nothing of it stays."""
        self.run_all(fold, (record,), _raise)

    def run_all(self, fold: "Fold", records: Iterable[Record], on_error: "OnError") -> None:
        """Apply records in order. Of one that raises nothing stays; then `on_error` is called, which may raise."""
        emits, measurements, undo = self.emits, self.measurements, self._undo  # this is the path of every record
        self.trace = None
        for record in records:
            emitted, measured = len(emits), len(measurements)
            if undo:
                undo.clear()
            try:
                fold(record, self)
            except BaseException as error:
                del emits[emitted:], measurements[measured:]
                self._take_back()
                on_error(record, error)

    def attempt(self, part: Callable[[], None]) -> bool:
        """Do a part of a record or timer that must not cost the rest of it. False, and nothing of it stays, if it is
        Rejected(TOO_LARGE)."""
        emitted, measured, undo = len(self.emits), len(self.measurements), len(self._undo)
        try:
            part()
        except Rejected as rejection:
            if rejection.reason is not Reason.TOO_LARGE:
                raise
            del self.emits[emitted:], self.measurements[measured:]
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
        """Apply a punctuation, which must not raise Rejected. Returns whether it did anything."""
        self.measurements.append(ASIDE)
        emitted, measured = len(self.emits), len(self.measurements)
        self._undo.clear()
        self.trace = None
        function(self)
        return bool(self._undo or len(self.emits) > emitted or len(self.measurements) > measured)


def _raise(record: Record, error: BaseException) -> None:
    raise error


Fold = Callable[[Record, Draft], None]
OnError = Callable[[Record, BaseException], None]
Punctuation = Callable[[Draft], None]  # called for each partition about once a second, whether or not records come
