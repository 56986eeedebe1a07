"""What summaries, devices, labs and query rows share: compare an entity with its state, and emit it if it is news."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from streams.agents.steps.common_fields import NOTHING_JOINED, Joined, head
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.labels import resource_label
from streams.payloads import Entity, to_json
from streams.tables import EMITTED, NEVER_US, EntityVerdict, Verdict, Version, is_ahead, signed_hash, state_key
from streams.tables.verdicts import JSON_FORM, RowForm, judge

TABLE = "summaries"
NO_MORE: Mapping[str, Any] = {}


class Destination(NamedTuple):
    """Where an entity goes. `topic`: short name of the clean topic; `key`: parts of its key there.

    `state`: parts of its key in the table.
    """

    topic: str
    key: list[str]
    state: list[str]


class Compared(NamedTuple):
    """An entity, judged."""

    judged: EntityVerdict
    version: Version

    @property
    def verdict(self) -> Verdict:
        return self.judged.verdict

    @property
    def is_outdated(self) -> bool:
        """Whether a version that is as new as this one, or newer, was known."""
        return self.judged.state is None


def date(incoming: Incoming, entity: Entity) -> None:
    """Drop an `updated_at` well after its own delivery: a problem, and no version. To be called before `compare`."""
    if entity.updated_at_us is not None and is_ahead(entity.updated_at_us, incoming.delivery.at_ms):
        entity.event.problems.append("$.data.updated_at: after its delivery")
        entity.updated_at_us = None


def compare(incoming: Incoming, entity: Entity, to: Destination, form: RowForm = JSON_FORM) -> Compared:
    """Judge an entity by its state, and store it if its version is the newest. `form`: how it is stored."""
    draft, event, table_key = incoming.draft, entity.event, state_key(*to.state)
    updated_at_us = NEVER_US if entity.updated_at_us is None else entity.updated_at_us
    content = to_json(entity.content)
    version = Version(updated_at_us, incoming.delivery.at_ms, signed_hash(content))
    judged = judge(draft.get(TABLE, table_key), version, content, form)
    if judged.state is not None:
        draft.put(TABLE, table_key, judged.state)
    label = resource_label(event)
    draft.judged(event.type.family, label, judged.verdict, 1, entity.id, judged.changed_fields)
    if judged.is_conflict:
        draft.count("conflicts", event.type.family, label)
    return Compared(judged, version)


def emit(
    incoming: Incoming, entity: Entity, compared: Compared, to: Destination, joined: Joined, more: Mapping[str, Any]
) -> None:
    """The record of an entity that is news. `more`: fields beside those of the body."""
    record = head(
        incoming, joined, verdict=compared.verdict, version=compared.version,
        changed_fields=compared.judged.changed_fields, unknown=entity.unknown,
    )  # fmt: skip
    record |= more
    record |= entity.fields
    incoming.emit(to.topic, to.key, record)


def fold_entity(
    incoming: Incoming,
    entity: Entity,
    to: Destination,
    joined: Joined = NOTHING_JOINED,
    more: Mapping[str, Any] = NO_MORE,
) -> None:
    """Compare an entity that nothing else is joined to, and emit it if it is news."""
    date(incoming, entity)
    compared = compare(incoming, entity, to)
    if compared.verdict in EMITTED:
        emit(incoming, entity, compared, to, joined, more)
