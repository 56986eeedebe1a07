"""Which of several sources' summaries of a day is preferred, and the records that say it anew when that changes.

Two rows do it. The row of a day names the sources that have summaries of a resource then, and whom the emitted records
call preferred. The state of a summary keeps beside its content what its record needs to be emitted again (`Kept`), so
that a change of preference is a record like any other, with `changed_fields` ['preferred'].
"""

import struct
from typing import Any

import msgspec

from streams.agents.steps import zones
from streams.agents.steps.common_fields import Delivered, Outlet, aged, head, unknown_text
from streams.events import topics
from streams.events.record_bounds import AGAIN_BYTES
from streams.events.types import parse_type
from streams.ops.errors import Misconfigured, Rejected
from streams.payloads import tolerant
from streams.payloads.envelope import Event
from streams.payloads.local_time import LocalTime
from streams.payloads.source import Source
from streams.payloads.summary import ATTRIBUTION, Summary
from streams.tables import connections, coverage, sources
from streams.tables.draft import Draft
from streams.tables.keys import state_key
from streams.tables.sources import Maker, Policy, Rivals
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


def keep(entity: Summary, how: Delivered, place: LocalTime) -> bytes:
    """`extra` for the state of a summary. Begins with the offset: of equal versions the first in the log is kept.

    `how`: as it came. What is joined (the connection, the zone) is not kept: tables do not depend on how topics meet.
    """
    event = entity.event
    kept = Kept(
        day_of(entity, place), entity.source, event.client_user_id, event.team_id, event.type.text, how.id, how.door,
        how.origin, how.backfill_id, how.created_ms, how.received_ms,
        {name: value for name, value in entity.fields.items() if value is not None and name not in entity.content},
        unknown_text(event, entity.unknown), event.problems,
    )  # fmt: skip
    return _offset.pack(max(how.offset, 0)) + _encode(kept)


def day_of(entity: Summary, place: LocalTime) -> str:
    """The day on which a summary is compared with others; "" if it is not."""
    if entity.event.type.resource == "profile":
        return WHOLE
    return "" if place.day is None or entity.event.type.resource == "workout_stream" else str(place.day)


def kept(state: StoredVersion) -> Kept:
    return _decode(memoryview(state.extra)[_offset.size :])


def settle(
    draft: Draft, outlet: Outlet, policy: Policy, entity: Summary, before: bytes | None, place: LocalTime
) -> bool | None:
    """Whether this entity's source is preferred on its day now; None where nothing is compared.

    To be called when its version has become the newest. `before`: the state until then. Others that lose or gain by it
    are emitted again.
    """
    day, maker = day_of(entity, place), Maker(entity.source.provider, entity.source.type)
    was = None if before is None else kept(stored(before))
    rows = _Rows(draft, outlet, policy, entity.event, entity.id)
    if was is not None and was.day not in ("", day):
        rows.change(was.day, was.maker, None)
    if not day:
        return None
    return rows.change(day, was.maker if was is not None and was.day == day else None, maker) == maker


class _Rows:
    """The rows of the days of one resource and user, as one entity moves in them."""

    def __init__(self, draft: Draft, outlet: Outlet, policy: Policy, event: Event, id: str) -> None:
        self._draft, self._outlet, self._policy, self._event, self._id = draft, outlet, policy, event, id

    def change(self, day: str, leaves: Maker | None, comes: Maker | None) -> Maker | None:
        """The entity leaves one source of that day and comes to another; answers the preferred one."""
        key = state_key(self._event.user_id, self._event.type.resource, "", "day", day)
        row = sources.decode(self._draft.get(TABLE, key))
        if leaves == comes and row.told is not None:
            return row.told
        after = row if leaves is None else row.without(leaves, self._id)
        after = (after if comes is None else after.and_(comes, self._id)).judged(self._policy)
        if after != row:
            self._draft.put(TABLE, key, sources.encode(after))
        if row.told is not None and after.told != row.told:
            self._tell(row.told, after)
        return after.told

    def _tell(self, lost: Maker, row: Rivals) -> None:
        resource = self._event.type.resource
        self._draft.count("preference_changes", resource)
        for maker in filter(None, (lost, row.told)):
            for id in row.of(maker):
                if id != self._id:
                    again(self._draft, self._outlet, self._policy, self._event.user_id, resource, id, maker == row.told)


def again(
    draft: Draft, outlet: Outlet, policy: Policy, user_id: str, resource: str, id: str, is_preferred: bool
) -> None:
    """Emit the newest version of a summary once more, for its flag alone."""
    state = draft.get(TABLE, state_key(user_id, resource, id))
    if state is None:
        return
    said = stored(state)
    is_, content = kept(said), msgspec.json.decode(said.content)
    fields = tolerant.absent(topics.schema_of(resource)) | is_.fields
    fields |= {name: value for name, value in content.items() if name != ATTRIBUTION and not name.startswith("$")}
    event = Event(parse_type(is_.event_type), user_id, is_.team_id, is_.client_user_id, is_.problems)
    link = connections.decode(draft.get("connections", state_key(user_id, is_.source.provider)))
    extent = coverage.of_summary(fields, said.version.delivered_at_ms)
    how = aged(_how(outlet, draft, said, is_), extent and extent.last_us, link)
    record = head(
        event, how, draft, source=is_.source, link=link, verdict="CHANGED", version=said.version,
        changed_fields=["preferred"], policy=policy,
    )  # fmt: skip
    place = zones.place_of(draft, policy, user_id, is_.source.provider, fields)
    record |= {"unknown_fields": is_.unknown_fields, "preferred": is_preferred, **placed(place)}
    _emit(draft, outlet, (user_id, resource, id), record | fields)


def _emit(draft: Draft, outlet: Outlet, key: tuple[str, str, str], record: dict[str, Any]) -> None:
    """Of a neighbour: whatever became of its size is not the fault of the event that is processed.

    Its content left once, so it fits. Only what a repetition brings beside the content may have grown beyond that.
    """
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


def _how(outlet: Outlet, draft: Draft, said: StoredVersion, is_: Kept) -> Delivered:
    return Delivered(
        is_.delivery_id, said.version.delivered_at_ms, is_.created_ms, is_.received_ms, is_.door, is_.origin,
        is_.backfill_id, f"{outlet.prefix}.raw.summaries", draft.partition, _offset.unpack_from(said.extra)[0],
        said.version.delivered_at_ms,
    )  # fmt: skip


def placed(place: LocalTime) -> dict[str, int | None]:
    """The fields of local time in a summary."""
    return {"local_date": place.day, "local_offset_s": place.offset_s}
