"""What summaries, devices, labs and query rows share: compare a thing with its state, and emit it if it is news."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from streams.agents.steps.common_fields import Delivered, Outlet, head, resource_label
from streams.payloads.source import Source
from streams.payloads.summary import Entity
from streams.payloads.values import to_json
from streams.tables import connections
from streams.tables.draft import Draft
from streams.tables.keys import state_key
from streams.tables.sources import Policy
from streams.tables.verdicts import EMITTED, NEVER_US, EntityVerdict, Verdict, Version, is_ahead, judge, signed_hash

TABLE = "summaries"
NO_MORE: Mapping[str, Any] = {}


class Compared(NamedTuple):
    """An entity beside its state. `before`: that state, as it was."""

    judged: EntityVerdict
    version: Version
    before: bytes | None

    @property
    def verdict(self) -> Verdict:
        return self.judged.verdict

    @property
    def is_overtaken(self) -> bool:
        """A version that is as new as this one, or newer, was known."""
        return self.judged.state is None


def date(entity: Entity, how: Delivered) -> None:
    """An `updated_at` well after its own delivery is a problem, and no version; to be called before `compare`."""
    if entity.updated_at_us is not None and is_ahead(entity.updated_at_us, how.at_ms):
        entity.event.problems.append("$.data.updated_at: after its delivery")
        entity.updated_at_us = None


def compare(draft: Draft, entity: Entity, how: Delivered, state: list[str], extra: bytes = b"") -> Compared:
    """`state`: parts of the key in the table, where the entity is written if its version is the newest."""
    event, table_key = entity.event, state_key(*state)
    updated_at_us = NEVER_US if entity.updated_at_us is None else entity.updated_at_us
    content = to_json(entity.content)
    version = Version(updated_at_us, how.at_ms, signed_hash(content))
    before = draft.get(TABLE, table_key)
    judged = judge(before, version, content, extra)
    if judged.state is not None:
        draft.put(TABLE, table_key, judged.state)
    label = resource_label(event)
    draft.count("verdicts", event.type.family, label, judged.verdict)
    if judged.is_conflict:
        draft.count("conflicts", event.type.family, label)
    return Compared(judged, version, before)


def emit(
    draft: Draft, outlet: Outlet, entity: Entity, how: Delivered, compared: Compared, topic: str, key: list[str], *,
    source: Source | None, link: connections.Connection | None, more: Mapping[str, Any], policy: Policy | None = None,
) -> None:  # fmt: skip
    """The record of an entity that is news. `more`: fields beside those of the body."""
    record = head(
        entity.event, how, draft, source=source, link=link, verdict=compared.verdict, version=compared.version,
        changed_fields=compared.judged.changed_fields, unknown=entity.unknown, policy=policy,
    )  # fmt: skip
    record |= more
    record |= entity.fields
    outlet.emit(draft, topic, key, record)


def fold_entity(
    draft: Draft, outlet: Outlet, entity: Entity, how: Delivered, *, topic: str, key: list[str], state: list[str],
    source: Source | None = None, link: connections.Connection | None = None, more: Mapping[str, Any] = NO_MORE,
) -> Verdict:  # fmt: skip
    """`topic`: short name of the clean topic; `key`: parts of its key; `state`: parts of the key in the table.

    `more`: fields beside those of the body.
    """
    date(entity, how)
    compared = compare(draft, entity, how, state)
    if compared.verdict in EMITTED:
        emit(draft, outlet, entity, how, compared, topic, key, source=source, link=link, more=more)
    return compared.verdict
