"""A lineage row as the bytes of two keys and a value, and back. Pure.

The value stands under owner, resource and time, because that is how many rows are asked for at once. The key by
delivery id has none: it ends with where the row is. In the value, one behind the other: words (by their number, or as
they are), lists (how many, then each), times, ids. `quick` makes the same bytes without a `LineageRow`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.events import ids
from streams.events.times import DAY_MS
from streams.lineage.index.rows import compact, keys
from streams.lineage.index.rows.interned import Interned
from streams.lineage.index.rows.varints import number, number_at
from streams.lineage.row import AlertStep, EntityLine, LineageRow, Tally


class PackedRow(NamedTuple):
    """`row_key` has the value; `id_key` has none."""

    row_key: bytes
    id_key: bytes
    value: bytes


def owner_digest(owner_id: str) -> bytes:
    """What stands for an owner."""
    return compact.digest(ids.canonical(owner_id))


def packed(row: LineageRow, interned: Interned) -> PackedRow:
    """The row as bytes."""
    day = keys.day_of(row.processed_ms)
    lane = interned.short((row.raw_topic, row.resource))
    spot = keys.spot(lane, row.processed_ms - day * DAY_MS, row.partition, row.offset)
    tail = owner_digest(row.owner_id)[: keys.OWNER_BYTES] + spot
    delivery = compact.delivery(row.delivery_id.encode("utf-8", "surrogatepass"))
    id_key = keys.of_day(keys.ID, day) + compact.delivery_prefix(delivery) + tail
    return PackedRow(keys.of_day(keys.ROW, day) + tail, id_key, b"".join(_parts(row, delivery, interned)))


def row_key(id_key: bytes) -> bytes:
    """The key with the value, of one by delivery id."""
    return keys.ROW + id_key[1:3] + id_key[3 + keys.ID_BYTES :]


def _parts(row: LineageRow, delivery: bytes, interned: Interned) -> Iterable[bytes]:
    words = interned.token
    head = (row.raw_topic, row.resource, row.event_type, row.door, row.origin, row.provider, row.source_type)
    yield from map(words, (*head, row.reason, row.worker, row.version))
    yield from _tallies(row.counted, interned)
    yield from _tallies(row.clean, interned)
    yield number(len(row.alerts))
    yield from (words(word) for step in row.alerts for word in step)
    yield from map(number, (row.first_day, row.last_day, row.created_ms, row.received_ms, row.first_us, row.last_us))
    yield delivery
    yield compact.uuid(row.owner_id.encode("utf-8", "surrogatepass"))
    yield number(len(row.entities))
    for entity in row.entities:
        yield words(entity.verdict) + number(entity.n_changed) + number(len(entity.changed_fields))
        yield from map(words, entity.changed_fields)
        yield compact.uuid(entity.id.encode("utf-8", "surrogatepass"))
    yield from (compact.text(one.encode()) for one in (row.backfill_id, row.redriven_from, row.detail))


def _tallies(tallies: Sequence[Tally], interned: Interned) -> Iterable[bytes]:
    yield number(len(tallies))
    yield from (interned.token(one.name) + number(one.n) for one in tallies)


class _Reader:
    """Reads a value from its beginning on. Raises IndexError where it is cut off."""

    def __init__(self, data: bytes, interned: Interned) -> None:
        self._data, self._at, self._interned = data, 0, interned

    def number(self) -> int:
        found, self._at = number_at(self._data, self._at)
        return found

    def numbers(self, n: int) -> list[int]:
        return [self.number() for _ in range(n)]

    def word(self) -> str:
        found, self._at = self._interned.word_at(self._data, self._at)
        return found

    def words(self, n: int) -> tuple[str, ...]:
        return tuple(self.word() for _ in range(n))

    def id(self) -> str:
        found, self._at = compact.id_at(self._data, self._at)
        return found

    def tallies(self) -> tuple[Tally, ...]:
        return tuple(Tally(self.word(), self.number()) for _ in range(self.number()))

    def steps(self) -> tuple[AlertStep, ...]:
        return tuple(AlertStep(self.word(), self.word()) for _ in range(self.number()))

    def entities(self) -> Iterator[EntityLine]:
        for _ in range(self.number()):
            verdict, n_changed, n_named = self.word(), self.number(), self.number()
            changed = self.words(n_named)
            yield EntityLine(self.id(), verdict, changed, n_changed)


def unpacked(key: bytes, value: bytes, interned: Interned) -> LineageRow:
    """The row of a key that has a value. Raises IndexError or ValueError where it is none."""
    spot, read = keys.spot_in(key), _Reader(value, interned)
    raw_topic, resource, event_type, door, origin, provider, source_type, reason, worker, version = read.words(10)
    counted, clean, steps = read.tallies(), read.tallies(), read.steps()
    first_day, last_day, created, received, first, last = read.numbers(6)
    delivery_id, owner_id = read.id(), read.id()
    entities = tuple(read.entities())
    backfill_id, redriven_from, detail = read.id(), read.id(), read.id()
    return LineageRow(
        delivery_id=delivery_id,
        raw_topic=raw_topic,
        partition=spot.partition,
        offset=spot.offset,
        processed_ms=keys.day_in(key) * DAY_MS + spot.ms,
        worker=worker,
        version=version,
        redriven_from=redriven_from,
        created_ms=created,
        received_ms=received,
        owner_id=owner_id,
        event_type=event_type,
        resource=resource,
        door=door,
        origin=origin,
        backfill_id=backfill_id,
        provider=provider,
        source_type=source_type,
        first_us=first,
        last_us=last,
        first_day=first_day,
        last_day=last_day,
        entities=entities,
        counted=counted,
        clean=clean,
        alerts=steps,
        reason=reason,
        detail=detail,
    )
