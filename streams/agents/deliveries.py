"""The step that labs and other events share: one record a delivery, however often it is delivered."""

from typing import Any

from streams import body, values
from streams.agents.parts import Delivered, Outlet, head, resource_label
from streams.decode import Control
from streams.dedup import NEVER_US, Verdict, Version, content_hash, state_key
from streams.draft import Draft
from streams.errors import Reason, Rejected
from streams.values import canonical, to_json

_FORMAT = b"\x01"


def fold_delivery(draft: Draft, outlet: Outlet, control: Control, how: Delivered, topic: str) -> None:
    """Emit an event as it is unless its delivery id was seen. Raises Rejected(NO_DELIVERY_ID)."""
    if not how.id:
        raise Rejected(Reason.NO_DELIVERY_ID, "ce_id")
    event = control.event
    key = state_key(event.owner_id, how.id)
    verdict = Verdict.NEW if draft.get("deliveries", key) is None else Verdict.SAME
    draft.count("verdicts", event.type.family, resource_label(event), verdict)
    if verdict is Verdict.SAME:
        return
    draft.put("deliveries", key, _FORMAT + how.at_ms.to_bytes(8, "big", signed=True))
    version = Version(NEVER_US, how.at_ms, content_hash({"data": canonical(control.data)}))
    source = body.source(control.data, []) if type(control.data) is dict and "source" in control.data else None
    common = head(event, how, draft, source=source, link=None, verdict=verdict, version=version)
    outlet.emit(
        draft, topic, (event.owner_id, natural_id(control.data, group=True) or how.id), common | _generic(control)
    )


# Where an entity of these events has its name (domain file, 2.3); what belongs to an order is kept together by its id.
_GROUP_NAMES = ("order_id", "id", "checkout_session_id", "query_id")
_ID_NAMES = ("id", "order_id", "checkout_session_id", "query_id")


def natural_id(data: Any, *, group: bool = False) -> str:
    """Id of the entity, or of the order that it belongs to; "" where there is none. Of a list: its first entry's."""
    row = data[0] if type(data) is list and data else data
    if type(row) is not dict:
        return ""
    found = (body.short_text(row.get(name)) for name in (_GROUP_NAMES if group else _ID_NAMES))
    return next(filter(None, found), "")


def _time(data: Any, name: str) -> int | None:
    try:
        return values.time_us(data.get(name)) if type(data) is dict else None
    except values.Unfit:
        return None


def _generic(control: Control) -> dict[str, Any]:
    data = control.data
    return {
        "family": control.event.type.family,
        "action": control.event.type.action,
        "id": natural_id(data) or None,
        "payload_json": to_json(data).decode(),
        "created_at": _time(data, "created_at"),
        "updated_at": _time(data, "updated_at"),
    }
