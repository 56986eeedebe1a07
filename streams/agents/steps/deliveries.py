"""The step of events without a natural key: one record a delivery, however often it is delivered.

What is known of a delivery is forgotten a window behind the newest one (`expiry`). A message that comes again behind
that is NEW once more, with `beyond_window`; it is not dropped, because one that comes so late for the first time looks
alike.
"""

import re
from collections.abc import Mapping
from typing import Any

from streams.agents.steps.common_fields import Delivered, Outlet, head, resource_label
from streams.agents.steps.drift import note
from streams.events import ids, topics
from streams.events.documented import OPERATIONAL
from streams.events.types import Family
from streams.ops.errors import Reason, Rejected
from streams.payloads import drift, values
from streams.payloads.decode import Control
from streams.payloads.source import read_source
from streams.payloads.values import canonical, short_text, to_json
from streams.tables import rows
from streams.tables.draft import Draft
from streams.tables.keys import state_key
from streams.tables.sources import Policy
from streams.tables.verdicts import NEVER_US, Verdict, Version, signed_hash


def fold_delivery(
    draft: Draft, outlet: Outlet, policy: Policy, control: Control, how: Delivered, topic: str, key: str,
    fields: Mapping[str, Any],
) -> None:  # fmt: skip
    """Emit an event as it is unless its delivery id was seen. Raises Rejected(NO_DELIVERY_ID).

    `key`: what follows the owner in the record's key, "" for the delivery id. `fields`: those behind the common head.
    """
    if not how.id:
        raise Rejected(Reason.NO_DELIVERY_ID, "ce_id")
    event = control.event
    table_key = state_key(event.owner_id, how.id)
    verdict = Verdict.NEW if decode(draft.get("deliveries", table_key)) is None else Verdict.SAME
    draft.count("verdicts", event.type.family, resource_label(event), verdict)
    if verdict is Verdict.SAME:
        return
    draft.put("deliveries", table_key, encode(how.at_ms))
    version = Version(NEVER_US, how.at_ms, signed_hash(to_json({"data": canonical(control.data)})))
    source = read_source(control.data, []) if type(control.data) is dict and "source" in control.data else None
    common = head(event, how, draft, source=source, link=None, verdict=verdict, version=version)
    common["beyond_window"] = policy.is_beyond_window(how.at_ms, how.arrived_ms)
    outlet.emit(draft, topic, (event.owner_id, key or how.id), {**common, **fields})


_LABEL = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)


def fold_unread(draft: Draft, outlet: Outlet, policy: Policy, decoded: object, how: Delivered) -> None:
    """An event that the agent of this raw topic does not read. Raises Rejected(BAD_SHAPE) for one of another topic.

    Raw topics hold what older versions took for theirs: an action that nobody documents is kept and passed on from
    wherever it lies, and changes nothing.
    """
    if not isinstance(decoded, Control) or decoded.event.type.family is not Family.UNKNOWN:
        raise Rejected(Reason.BAD_SHAPE, "$.event_type: not of this topic")
    fold_other(draft, outlet, policy, decoded, how)


def fold_other(draft: Draft, outlet: Outlet, policy: Policy, control: Control, how: Delivered) -> None:
    """Checkout, operational webhooks, and every event type that we do not know: kept, passed on, counted."""
    kind = control.event.type
    if kind.family is Family.OPERATIONAL:
        draft.count("operational", kind.text if kind.text in OPERATIONAL else "other")
    if kind.family is Family.UNKNOWN:
        draft.count("unknown_types", kind.text if _LABEL.fullmatch(kind.text) else "malformed")
    fold_delivery(draft, outlet, policy, control, how, topics.OTHER, natural_id(control.data), generic(control))
    note(draft, outlet, control.event, how, drift.of_other(control.event))


REMEMBERED = {"beyond_window": False}  # of what has an id, and so a state that stays


def encode(at_ms: int) -> bytes:
    """The row of a delivery that was made then."""
    return rows.pack(rows.DELIVERY, at_ms.to_bytes(8, "big", signed=True))


def decode(stored: bytes | None) -> int | None:
    """When a delivery that is remembered was made; None for one that was not seen."""
    return None if stored is None else int.from_bytes(rows.unpack(rows.DELIVERY, stored), "big", signed=True)


def newest_ms(key: bytes, value: bytes) -> int | None:
    """When the delivery of a row was made."""
    return decode(value)


_ID_NAMES = ("id", "checkout_session_id", "order_id", "query_id")  # a session may name the order that it pays


def natural_id(data: Any) -> str:
    """Id of the thing under one of its usual names; "" where there is none."""
    found = (short_text(data.get(name)) for name in _ID_NAMES) if type(data) is dict else ()
    return ids.canonical(next(filter(None, found), ""))


def generic(control: Control) -> dict[str, Any]:
    """The fields of `Generic` behind the common head."""
    data = control.data
    return {
        "family": control.event.type.family,
        "action": control.event.type.action,
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
