"""What summaries, devices, labs and query rows share: compare a thing with its state, and emit it if it is news."""

from streams import connection
from streams.agents.parts import Delivered, Outlet, head, resource_label
from streams.body import Source
from streams.dedup import EMITTED, NEVER_US, Verdict, Version, judge, signed_hash, state_key
from streams.draft import Draft
from streams.summary import Entity
from streams.values import to_json


def fold_entity(
    draft: Draft,
    outlet: Outlet,
    entity: Entity,
    how: Delivered,
    *,
    topic: str,
    key: list[str],
    state: list[str],
    source: Source | None = None,
    link: connection.State | None = None,
) -> Verdict:
    """`topic`: short name of the clean topic; `key`: parts of its key; `state`: parts of the key in the table."""
    event = entity.event
    updated_at_us = NEVER_US if entity.updated_at_us is None else entity.updated_at_us
    content = to_json(entity.content)
    version = Version(updated_at_us, how.at_ms, signed_hash(content))
    table_key = state_key(*state)
    judged = judge(draft.get("summaries", table_key), version, content)
    if judged.state is not None:
        draft.put("summaries", table_key, judged.state)
    label = resource_label(event)
    draft.count("verdicts", event.type.family, label, judged.verdict)
    if judged.is_conflict:
        draft.count("conflicts", event.type.family, label)
    if judged.verdict in EMITTED:
        common = head(
            event, how, draft, source=source, link=link, verdict=judged.verdict, version=version,
            changed_fields=judged.changed_fields, unknown=entity.unknown,
        )  # fmt: skip
        outlet.emit(draft, topic, key, common | entity.fields)
    return judged.verdict
