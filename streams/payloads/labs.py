"""Events of lab testing (domain file, 2.3): one schema for all of it, columns of what is shared or asked for most.

The payload stays beside them as JSON text, whole, so that nothing is lost; what identifies a patient is in it alone.
"""

from collections.abc import Mapping
from typing import Any

from streams.events import ids, key_parts
from streams.events.schemas import Field, schema_files
from streams.ops.errors import Reason, Rejected
from streams.payloads import values
from streams.payloads.envelope import Event
from streams.payloads.summary import Entity
from streams.payloads.values import Unfit, canonical, short_text, to_json

_NOT_CONTENT = frozenset({"user_id", "team_id", "created_at", "updated_at"})
_IDS = ("id", "order_id", "sample_id")
_BARE = frozenset({"id", "order_id"}) | _NOT_CONTENT
# A result is named by what it is a result of; several of one order may be critical, first in part, then for good.
_RESULT_KEY = ("order_id", "sample_id", "status")


def read(event: Event, data: Any) -> Entity:
    """Its `id` is "" where the body has no natural key. Any `$.data` will do; what it lacks is null.

    Raises Rejected(BAD_SHAPE) if there is nothing but ids: the newest version would be empty.
    """
    given: Mapping[str, Any] = data if type(data) is dict else {}
    fields = {row.name: _value(row, given, event.problems) for row in schema_files.typed_fields("Lab")}
    id = natural_id(event.type.resource, given)
    if id and given.keys() <= _BARE:
        raise Rejected(Reason.BAD_SHAPE, "$.data: nothing but an id")
    fields |= {
        "action": event.type.action,
        "id": id or None,
        "order_id": order_id(event.type.resource, given),
        "payload_json": to_json(data).decode(),
    }
    clean = canonical(given) | {name: ids.canonical(found) for name in _IDS if (found := short_text(given.get(name)))}
    content = {f"$.data.{name}": value for name, value in clean.items() if name not in _NOT_CONTENT}
    return Entity(event, id, fields, {}, content, fields["updated_at"])


def state_parts(entity: Entity) -> list[str]:
    """Parts of its key in the table, apart from those of summaries, whatever a lab resource is called."""
    return [entity.event.owner_id, "lab", entity.event.type.resource, entity.id]


def natural_id(resource: str, data: Mapping[str, Any]) -> str:
    """The id of the thing; "" where there is none."""
    if resource == "result":
        parts = [ids.canonical(found) for name in _RESULT_KEY if (found := short_text(data.get(name)))]
        return key_parts.join("/", parts) if len(parts) == len(_RESULT_KEY) else ""
    name = "order_id" if resource == "order_tracking" else "id"
    return ids.canonical(short_text(data.get(name)) or "")


def order_id(resource: str, data: Mapping[str, Any]) -> str | None:
    """The order that it belongs to: what is about one order has one key in the topic."""
    found = short_text(data.get("id" if resource == "order" else "order_id"))
    return ids.canonical(found) if found else None


def _value(row: Field, data: Mapping[str, Any], problems: list[str]) -> Any:
    for path in (row.path, *row.others):
        found = _at(data, path)
        if found is None or found == "":
            continue
        try:
            return values.CONVERT[row.type](found)
        except Unfit as unfit:
            problems.append(f"$.data.{'.'.join(path)}: {unfit}")
    return row.default


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        data = data.get(name) if type(data) is dict else None
    return data
