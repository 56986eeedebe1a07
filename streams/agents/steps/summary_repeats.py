"""Summaries that are emitted again, for another `preferred` alone: what their state keeps for it, and the record.

A change of preference is a record like any other, with `changed_fields` ['preferred'].
"""

import struct
from typing import Any

import msgspec

from streams.agents.steps import connection_rows, zones
from streams.agents.steps.common_fields import Joined, head, unknown_text
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.provenance import Provenance
from streams.events import AGAIN_BYTES, parse_type, topics
from streams.ops.errors import Misconfigured, Rejected
from streams.payloads import ATTRIBUTION, Event, Source, Summary, tolerant
from streams.tables import Maker, StoredVersion, coverage, state_key
from streams.tables.verdicts import stored

TABLE = "summaries"
TOO_LARGE = "$: unknown fields and problems are too large to be sent again"
_offset = struct.Struct(">Q")


class RepeatFields(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a summary's record has beside its content and version. `day`: "" where sources are not compared."""

    day: str
    source: Source
    client_user_id: str
    team_id: str
    event_type: str
    delivery_id: str
    door: str
    origin: str
    backfill_id: str
    created_ms: int | None
    received_ms: int | None
    fields: dict[str, Any]
    unknown_fields: str | None
    problems: list[str]

    @property
    def maker(self) -> Maker:
        return Maker(self.source.provider, self.source.type)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(RepeatFields).decode


def keep(incoming: Incoming, entity: Summary, day: str) -> bytes:
    """`extra` for the state of a summary. Begins with the offset: of equal versions the first in the log is kept.

    `incoming`: before `with_age`. What is joined (the connection, the zone) is not kept: tables must not depend on how
    topics interleave.
    """
    event, delivery = incoming.event, incoming.delivery
    fields = RepeatFields(
        day, entity.source, event.client_user_id, event.team_id, event.type.text, delivery.id,
        delivery.door, delivery.origin, delivery.backfill_id, delivery.created_ms, delivery.received_ms,
        {name: value for name, value in entity.fields.items() if value is not None and name not in entity.content},
        unknown_text(event, entity.unknown), event.problems,
    )  # fmt: skip
    return _offset.pack(max(delivery.offset, 0)) + _encode(fields)


def kept(state: StoredVersion) -> RepeatFields:
    return _decode(memoryview(state.extra)[_offset.size :])


def repeat(incoming: Incoming, id: str, *, is_preferred: bool) -> None:
    """Emit the newest version of another summary of this user and resource once more, for its flag alone."""
    user_id, resource = incoming.event.user_id, incoming.event.type.resource
    state = incoming.draft.get(TABLE, state_key(user_id, resource, id))
    if state is None:
        return
    newest = stored(state)
    then, content = kept(newest), msgspec.json.decode(newest.content)
    fields = tolerant.absent(topics.schema_of(resource)) | then.fields
    fields |= {name: value for name, value in content.items() if name != ATTRIBUTION and not name.startswith("$")}
    event = Event(parse_type(then.event_type), user_id, then.team_id, then.client_user_id, then.problems)
    neighbour = incoming._replace(event=event, delivery=_delivery(incoming, newest, then))
    link = connection_rows.load(neighbour, then.source.provider)
    extent = coverage.of_summary(fields, newest.version.delivered_at_ms)
    neighbour = neighbour.with_age(extent and extent.last_us, link)
    record = head(
        neighbour, Joined(then.source, link, neighbour.policy), verdict="CHANGED", version=newest.version,
        changed_fields=["preferred"],
    )  # fmt: skip
    place = zones.place_of(neighbour, then.source.provider, fields)
    record |= {"unknown_fields": then.unknown_fields, "preferred": is_preferred, **zones.placed(place)}
    _emit(neighbour, (user_id, resource, id), record | fields)


def _emit(neighbour: Incoming, key: tuple[str, str, str], record: dict[str, Any]) -> None:
    """A neighbour that has grown too large is not the fault of the event that is processed.

    Its content was emitted once, so it fits. Only what a repetition adds to the content may have grown beyond that.
    """
    draft, outlet, *_ = neighbour
    try:
        outlet.emit(draft, key[1], key, record, more=AGAIN_BYTES)
        return
    except Rejected:
        record |= {"unknown_fields": None, "problems": [TOO_LARGE]}
    try:
        outlet.emit(draft, key[1], key, record, more=AGAIN_BYTES)
    except Rejected as rejection:
        raise Misconfigured(
            f"a {key[1]} summary that was stored under a larger STREAMS_RECORD_BYTES_MAX has to be sent again "
            f"({rejection.detail}). Set it to what it was, and the topics too: `junction-streams topics apply`."
        ) from None


def _delivery(incoming: Incoming, newest: StoredVersion, then: RepeatFields) -> Provenance:
    return Provenance(
        then.delivery_id, newest.version.delivered_at_ms, then.created_ms, then.received_ms, then.door, then.origin,
        then.backfill_id, f"{incoming.outlet.prefix}.raw.summaries", incoming.draft.partition,
        _offset.unpack_from(newest.extra)[0], newest.version.delivered_at_ms,
    )  # fmt: skip
