"""From receipt to commit, to a reader, to an alert. Pure: milliseconds in, milliseconds out."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import NamedTuple

from benchmarks.load.receipts import Place, Receipts
from benchmarks.load.seen import Committed, Record
from streams.events import topics
from streams.kafka import codec


class Span(NamedTuple):
    """Events that were received in it count. Unix milliseconds."""

    begin_ms: float
    end_ms: float

    def has(self, at_ms: float) -> bool:
        return self.begin_ms <= at_ms < self.end_ms


class Percentiles(NamedTuple):
    """Of `n` latencies; 0 where there are none."""

    n: int
    p50_ms: float
    p99_ms: float
    p999_ms: float


def percentiles(values: Iterable[float]) -> Percentiles:
    """Each is a value that occurred, of two the greater."""
    ordered = sorted(values)
    if not ordered:
        return Percentiles(0, 0.0, 0.0, 0.0)
    shares = (ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in (0.5, 0.99, 0.999))
    return Percentiles(len(ordered), *(round(value, 1) for value in shares))


def committed_ms(receipts: Receipts, commits: Sequence[Committed]) -> list[tuple[float, float]]:
    """Of every event, when it was received, and when the offset behind it was seen committed; inf where it was not."""
    timelines: dict[Place, list[Committed]] = {}
    for one in commits:
        timelines.setdefault(one.place, []).append(one)
    found: list[tuple[float, float]] = []
    for place, times in receipts.times_ms.items():
        timeline = iter(sorted(timelines.get(place, ())))
        commit: Committed | None = next(timeline, None)
        for offset, at_ms in enumerate(times, receipts.first[place]):
            while commit and commit.offset <= offset:
                commit = next(timeline, None)
            found.append((at_ms, commit.seen_us / 1000 if commit else inf))
    return found


def to_commit(events: Iterable[tuple[float, float]], span: Span) -> list[float]:
    """Of every event of the span (`committed_ms`), from receipt to commit."""
    return [done_ms - at_ms for at_ms, done_ms in events if span.has(at_ms)]


def behind(events: Iterable[tuple[float, float]], at_ms: float) -> int:
    """How many events had been received at that time, and not been committed."""
    return sum(received_ms <= at_ms < done_ms for received_ms, done_ms in events)


def to_reader(records: Iterable[Record], span: Span) -> list[float]:
    """Of the clean records of the span, until a reader of committed records had them."""
    said = ((record.seen_us / 1000, record.received_ms()) for record in records if record.topic != topics.ALERTS)
    return [seen_ms - at_ms for seen_ms, at_ms in said if at_ms is not None and span.has(at_ms)]


def to_alert(records: Iterable[Record], receipts: Receipts, span: Span) -> list[float]:
    """Of the alerts that opened, from the receipt of the event that made them open until a reader had them."""
    schema = codec.parsed(topics.clean_topics()[topics.ALERTS])
    found = []
    for record in records:
        at_ms = receipts.traces_ms.get(record.trace) if record.topic == topics.ALERTS else None
        if at_ms is not None and span.has(at_ms) and codec.decode(record.value, schema)["life"] == "opened":
            found.append(record.seen_us / 1000 - at_ms)
    return found
