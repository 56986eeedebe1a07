"""Which of several sources' summaries of a day is preferred, and the records that say it anew when that changes.

Two rows do it. The row of a day names the sources that have summaries of a resource then, and whom the emitted records
call preferred. The state of a summary keeps beside its content what its record needs to be emitted again (`Kept`), so
that a change of preference is a record like any other, with `changed_fields` ['preferred'].
"""

import struct
from typing import Any

import msgspec

from streams.agents.steps import connection_rows, zones
from streams.agents.steps.common_fields import head, unknown_text
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.provenance import Provenance
from streams.events import topics
from streams.events.record_bounds import AGAIN_BYTES
from streams.events.types import parse_type
from streams.ops.errors import Misconfigured, Rejected
from streams.payloads import tolerant
from streams.payloads.envelope import Event
from streams.payloads.local_time import LocalTime
from streams.payloads.source import Source
from streams.payloads.summary import ATTRIBUTION, Summary
from streams.tables import coverage, sources
from streams.tables.keys import state_key
from streams.tables.sources import Maker, Rivals
from streams.tables.verdicts import StoredVersion, stored

TABLE = "summaries"
TOO_LARGE = "$: unknown fields and problems are too large to be sent again"
WHOLE = "whole"  # the day of what belongs to none: a profile
_offset = struct.Struct(">Q")


class Kept(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a summary's record says beside its content and version. `day`: "" where nothing is compared."""

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
_decode = msgspec.msgpack.Decoder(Kept).decode


def keep(incoming: Incoming, entity: Summary, place: LocalTime) -> bytes:
    """`extra` for the state of a summary. Begins with the offset: of equal versions the first in the log is kept.

    `incoming`: before `with_age`. What is joined (the connection, the zone) is not kept: tables must not depend on how
    topics interleave.
    """
    event, delivery = incoming.event, incoming.delivery
    kept = Kept(
        day_of(entity, place), entity.source, event.client_user_id, event.team_id, event.type.text, delivery.id,
        delivery.door, delivery.origin, delivery.backfill_id, delivery.created_ms, delivery.received_ms,
        {name: value for name, value in entity.fields.items() if value is not None and name not in entity.content},
        unknown_text(event, entity.unknown), event.problems,
    )  # fmt: skip
    return _offset.pack(max(delivery.offset, 0)) + _encode(kept)


def day_of(entity: Summary, place: LocalTime) -> str:
    """The day on which a summary is compared with others; "" if it is not."""
    if entity.event.type.resource == "profile":
        return WHOLE
    return "" if place.day is None or entity.event.type.resource == "workout_stream" else str(place.day)


def kept(state: StoredVersion) -> Kept:
    return _decode(memoryview(state.extra)[_offset.size :])


def prefer(incoming: Incoming, entity: Summary, before: bytes | None, place: LocalTime) -> bool | None:
    """Whether this entity's source is preferred on its day now; None where nothing is compared.

    For a version that has become the newest. `before`: the state until then. Others that lose or gain by it are emitted
    again.
    """
    day, maker = day_of(entity, place), Maker(entity.source.provider, entity.source.type)
    was = None if before is None else kept(stored(before))
    days = _Days(incoming, entity.id)
    if was is not None and was.day not in ("", day):
        days.change(was.day, was.maker, None)
    if not day:
        return None
    return days.change(day, was.maker if was is not None and was.day == day else None, maker) == maker


class _Days:
    """The rows of the days of one resource and user, as one entity moves in them."""

    def __init__(self, incoming: Incoming, id: str) -> None:
        self._incoming, self._id = incoming, id

    def change(self, day: str, old: Maker | None, new: Maker | None) -> Maker | None:
        """The entity has another source on that day, or none; returns the preferred one."""
        draft, _, policy, event, _ = self._incoming
        key = state_key(event.user_id, event.type.resource, "", "day", day)
        row = sources.decode(draft.get(TABLE, key))
        if old == new and row.told is not None:
            return row.told
        after = row if old is None else row.without(old, self._id)
        after = (after if new is None else after.and_(new, self._id)).judged(policy)
        if after != row:
            draft.put(TABLE, key, sources.encode(after))
        if row.told is not None and after.told != row.told:
            self._repeat_neighbours(row.told, after)
        return after.told

    def _repeat_neighbours(self, lost: Maker, row: Rivals) -> None:
        self._incoming.draft.count("preference_changes", self._incoming.event.type.resource)
        for maker in filter(None, (lost, row.told)):
            for id in row.of(maker):
                if id != self._id:
                    repeat(self._incoming, id, is_preferred=maker == row.told)


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
        neighbour, source=then.source, link=link, verdict="CHANGED", version=newest.version,
        changed_fields=["preferred"], ranking=neighbour.policy,
    )  # fmt: skip
    place = zones.place_of(neighbour, then.source.provider, fields)
    record |= {"unknown_fields": then.unknown_fields, "preferred": is_preferred, **placed(place)}
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


def _delivery(incoming: Incoming, newest: StoredVersion, then: Kept) -> Provenance:
    return Provenance(
        then.delivery_id, newest.version.delivered_at_ms, then.created_ms, then.received_ms, then.door, then.origin,
        then.backfill_id, f"{incoming.outlet.prefix}.raw.summaries", incoming.draft.partition,
        _offset.unpack_from(newest.extra)[0], newest.version.delivered_at_ms,
    )  # fmt: skip


def placed(place: LocalTime) -> dict[str, int | None]:
    """The fields of local time in a summary."""
    return {"local_date": place.day, "local_offset_s": place.offset_s}
