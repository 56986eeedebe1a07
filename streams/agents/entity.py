"""The step that summaries and devices share: compare one entity with its state, and emit it if it is news."""

from typing import Any

from streams import connection
from streams.agents.parts import Delivered, Outlet, head, resource_label
from streams.dedup import EMITTED, NEVER_US, Version, content_hash, judge, state_key
from streams.draft import Draft
from streams.summary import Summary
from streams.values import to_json


def fold_entity(
    draft: Draft, outlet: Outlet, entity: Summary, how: Delivered, link: connection.State, *, topic: str, key: list[str]
) -> None:
    """`topic`: short name of the clean topic; `key`: parts of its key."""
    event, resource = entity.event, entity.event.type.resource
    updated_at_us = NEVER_US if entity.updated_at_us is None else entity.updated_at_us
    version = Version(updated_at_us, how.at_ms, content_hash(entity.content))
    table_key = state_key(event.user_id, resource, entity.id)
    judged = judge(draft.get("summaries", table_key), version, entity.content, entity.fields)
    if judged.state is not None:
        draft.put("summaries", table_key, judged.state)
    label = resource_label(event)
    draft.count("verdicts", event.type.family, label, judged.verdict)
    if judged.is_conflict:
        draft.count("conflicts", event.type.family, label)
    if judged.verdict in EMITTED:
        common = head(
            event, how, draft, source=entity.source, link=link, verdict=judged.verdict, version=version,
            changed_fields=judged.changed_fields, unknown=entity.unknown,
        )  # fmt: skip
        outlet.emit(draft, topic, key, common | (entity.fields or _generic(entity)))


def _generic(entity: Summary) -> dict[str, Any]:
    """The fields of `Generic` behind the common head."""
    return {
        "family": entity.event.type.family,
        "action": entity.event.type.action,
        "id": entity.id,
        "payload_json": to_json(entity.payload).decode(),
        "created_at": entity.created_at_us,
        "updated_at": entity.updated_at_us,
    }
