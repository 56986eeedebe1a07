"""A lineage row as the bytes of two keys and a value, and back. Pure.

The value stands under owner, resource and time, because that is how many rows are asked for at once. The key by
delivery id has none: it ends with where the row is. Times are told from that of the processing, ids without their
spelling, what repeats as numbers (`interned`).
"""

from typing import Any, NamedTuple

import msgspec

from streams.events import ids
from streams.events.times import DAY_MS
from streams.lineage.index.rows import compact, keys
from streams.lineage.index.rows.interned import Interned, Number
from streams.lineage.row import AlertStep, EntityLine, LineageRow, Tally

_FEW_ENTITIES, _FEW_CLEAN = 2, 4  # what more there is differs from row to row: numbers for it would never be used again

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder().decode


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
    delivery = compact.digest(row.delivery_id)[: keys.ID_BYTES]
    return PackedRow(
        keys.of_day(keys.ROW, day) + tail, keys.of_day(keys.ID, day) + delivery + tail, _value(row, day, interned)
    )


def row_key(id_key: bytes) -> bytes:
    """The key with the value, of one by delivery id."""
    return keys.ROW + id_key[1:3] + id_key[3 + keys.ID_BYTES :]


def _value(row: LineageRow, day: int, interned: Interned) -> bytes:
    at, second = row.processed_ms, row.processed_ms // 1000
    fields = [
        interned.number(shape_of(row)),
        compact.delivery(row.delivery_id),
        compact.uuid(row.owner_id),
        compact.before(at, row.received_ms),
        compact.before(at, row.created_ms),
        compact.seconds_before(second, row.first_us),
        compact.seconds_before(second, row.last_us),
        compact.before(day, row.first_day),
        compact.before(day, row.last_day),
        number_of_what(what_of(row), interned),
        [entity(one.id, one.n_changed, one.changed_fields, interned) for one in row.entities],
        [tally.n for tally in row.counted],
    ]
    rest = (row.backfill_id, row.redriven_from, row.reason, row.detail)
    return encode([*fields, *rest] if any(rest) else fields)


def shape_of(row: LineageRow) -> tuple[str, ...]:
    """What is the same of many rows: words alone."""
    return (
        row.raw_topic,
        row.resource,
        row.event_type,
        row.door,
        row.origin,
        row.provider,
        row.source_type,
        row.worker,
        row.version,
    )


What = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, int], ...], tuple[tuple[str, str], ...]]


def what_of(row: LineageRow) -> What:
    """What came of it, without ids and names: verdicts, names of counts, clean records, alert steps."""
    return (
        tuple(one.verdict for one in row.entities),
        tuple(tally.name for tally in row.counted),
        tuple((tally.name, tally.n) for tally in row.clean),
        tuple((step.rule, step.step) for step in row.alerts),
    )


def number_of_what(what: What, interned: Interned) -> Number:
    """Its number, unless it is one of a kind."""
    verdicts, _, clean, steps = what
    is_common = not steps and len(verdicts) <= _FEW_ENTITIES and all(n <= _FEW_CLEAN for _, n in clean)
    return interned.number(what) if is_common else what


def entity(id: str, n_changed: int, names: tuple[str, ...], interned: Interned) -> Any:
    """An entity without its verdict: its id, or a list where anything has changed."""
    packed = compact.uuid(id)
    return [packed, n_changed, *map(interned.number, names)] if n_changed or names else packed


def unpacked(key: bytes, value: bytes, interned: Interned) -> LineageRow:
    """The row of a key that has a value."""
    day, spot = keys.day_in(key), keys.spot_in(key)
    at = day * DAY_MS + spot.ms
    shape, delivery, owner, received, created, first, last, first_day, last_day, what, things, counts, *rest = decode(
        value
    )
    raw_topic, resource, event_type, door, origin, provider, source_type, worker, version = interned.thing(shape)
    verdicts, names, clean, steps = interned.thing(what)
    backfill_id, redriven_from, reason, detail = rest or ("", "", "", "")
    return LineageRow(
        delivery_id=compact.delivery_text(delivery),
        raw_topic=raw_topic,
        partition=spot.partition,
        offset=spot.offset,
        processed_ms=at,
        worker=worker,
        version=version,
        redriven_from=redriven_from,
        created_ms=compact.after(at, created),
        received_ms=compact.after(at, received),
        owner_id=compact.uuid_text(owner),
        event_type=event_type,
        resource=resource,
        door=door,
        origin=origin,
        backfill_id=backfill_id,
        provider=provider,
        source_type=source_type,
        first_us=compact.moment(at // 1000, first),
        last_us=compact.moment(at // 1000, last),
        first_day=compact.after(day, first_day),
        last_day=compact.after(day, last_day),
        entities=tuple(_line(one, verdict, interned) for one, verdict in zip(things, verdicts, strict=True)),
        counted=tuple(map(Tally, names, counts)),
        clean=tuple(Tally(*one) for one in clean),
        alerts=tuple(AlertStep(*one) for one in steps),
        reason=reason,
        detail=detail,
    )


def _line(packed: Any, verdict: str, interned: Interned) -> EntityLine:
    if not isinstance(packed, list):
        return EntityLine(compact.uuid_text(packed), verdict)
    id, n_changed, *names = packed
    return EntityLine(compact.uuid_text(id), verdict, tuple(map(interned.thing, names)), n_changed)
