"""Deliveries that are known by their id: events without a key of their own leave once each, however often they are
repeated, and what a pipeline's sender named counts once, whatever its family.

A delivery id is forgotten one window after the newest delivery (`expiry`). A repetition after that is NEW once more,
with `beyond_window`. It is not dropped, because a first delivery that is so late looks the same.
"""

import re
from collections.abc import Mapping
from typing import Any

from streams.agents.steps.common_fields import Joined, head
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.labels import resource_label
from streams.events import OPERATIONAL, Family, ids
from streams.events.doors import CONTENT_ID
from streams.ops.errors import Reason, Rejected
from streams.payloads import canonical, read_source, short_text, to_json, values
from streams.tables import NEVER_US, Verdict, Version, rows, signed_hash, state_key
from streams.tables.readings import OtherReading

TABLE = "deliveries"


def fold_delivery(incoming: Incoming, data: Any, topic: str, key: str, fields: Mapping[str, Any]) -> None:
    """Emit an event as it is unless its delivery id was seen. Raises Rejected(NO_DELIVERY_ID).

    `key`: what follows the owner in the record's key, "" for the delivery id. `fields`: those behind the common head.
    """
    draft, _, policy, event, delivery = incoming
    if not delivery.id:
        raise Rejected(Reason.NO_DELIVERY_ID, "ce_id")
    row = state_key(event.owner_id, delivery.id)
    if is_known(incoming, row):
        return
    draft.judged(event.type.family, resource_label(event), Verdict.NEW)
    remember(incoming, row)
    version = Version(NEVER_US, delivery.at_ms, signed_hash(to_json({"data": canonical(data)})))
    source = read_source(data, []) if type(data) is dict and "source" in data else None
    common = head(incoming, Joined(source), verdict=Verdict.NEW, version=version)
    common["beyond_window"] = policy.is_beyond_window(delivery.at_ms, delivery.arrived_ms)
    incoming.emit(topic, (event.owner_id, key or delivery.id), {**common, **fields})


def row_of(incoming: Incoming) -> bytes | None:
    """Key of the row of a pipeline's delivery; None for one that its sender did not name.

    Who publishes an event again does it under its id, at a later time: by their versions alone its samples would win
    over newer ones. An id that we made of the content says nothing of that kind, because a value may truthfully go
    back to what it was.
    """
    _, _, _, event, delivery = incoming
    if not delivery.id or delivery.id.startswith(CONTENT_ID):
        return None
    return state_key(event.owner_id, delivery.id)


def is_known(incoming: Incoming, row: bytes) -> bool:
    """Whether this delivery was processed before; then it is counted, once and as SAME, whatever is in it."""
    draft, event = incoming.draft, incoming.event
    if decode(draft.get(TABLE, row)) is None:
        return False
    draft.judged(event.type.family, resource_label(event), Verdict.SAME)
    return True


def remember(incoming: Incoming, row: bytes) -> None:
    """Keep the id. Of a record that is Rejected no write stays, so that a letter of it can be redriven."""
    incoming.draft.put(TABLE, row, encode(incoming.delivery.at_ms))


_LABEL = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)


def fold_other(incoming: Incoming, reading: OtherReading) -> None:
    """Checkout, operational webhooks, and every event type that we do not know: kept, passed on, counted."""
    kind = incoming.event.type
    if kind.family is Family.OPERATIONAL:
        incoming.draft.count("operational", kind.text if kind.text in OPERATIONAL else "other")
    if kind.family is Family.UNKNOWN:
        incoming.draft.count("unknown_types", kind.text if _LABEL.fullmatch(kind.text) else "malformed")
    fold_delivery(incoming, reading.data, reading.topic, natural_id(reading.data), generic(reading))


REMEMBERED = {"beyond_window": False}  # of an entity with an id: its state is not forgotten


def encode(at_ms: int) -> bytes:
    """The row of a delivery."""
    return rows.pack(rows.DELIVERY, at_ms.to_bytes(8, "big", signed=True))


def decode(stored: bytes | None) -> int | None:
    """When the delivery of a row was made, Unix milliseconds; None for one that was not seen."""
    return None if stored is None else int.from_bytes(rows.unpack(rows.DELIVERY, stored), "big", signed=True)


def newest_ms(key: bytes, value: bytes) -> int | None:
    """When the delivery of a row was made, Unix milliseconds."""
    return decode(value)


_ID_NAMES = ("id", "checkout_session_id", "order_id", "query_id")  # a session may name the order that it pays


def natural_id(data: Any) -> str:
    """The id in a payload, under one of its usual names; "" where there is none."""
    found = (short_text(data.get(name)) for name in _ID_NAMES) if type(data) is dict else ()
    return ids.canonical(next(filter(None, found), ""))


def generic(reading: OtherReading) -> dict[str, Any]:
    """The fields of `Generic` behind the common head."""
    data = reading.data
    return {
        "family": reading.event.type.family,
        "action": reading.event.type.action,
        "id": natural_id(data) or None,
        "payload_json": to_json(data).decode(),
        "created_at": _time(data, "created_at"),
        "updated_at": _time(data, "updated_at"),
    }


def _time(data: Any, name: str) -> int | None:
    try:
        return values.time_us(data.get(name)) if type(data) is dict else None
    except values.Unfit:
        return None
