"""Summaries that are emitted again, for another `preferred` alone, from what their rows keep.

A change of preference is a record like any other, with `changed_fields` ['preferred'].
"""

from typing import Any

from streams.agents.steps import connection_rows, zones
from streams.agents.steps.common_fields import Joined, head
from streams.agents.steps.incoming import Incoming
from streams.events import AGAIN_BYTES, parse_type, topics
from streams.ops.errors import Misconfigured, Rejected
from streams.payloads import Event, tolerant
from streams.tables import Provenance, coverage, state_key, summaries
from streams.tables.summaries import RepeatFields, StoredSummary

TABLE = "summaries"
TOO_LARGE = "$: unknown fields and problems are too large to be sent again"


def repeat(incoming: Incoming, id: str, *, is_preferred: bool) -> None:
    """Emit the newest version of another summary of this user and resource once more, for its flag alone."""
    user_id, resource = incoming.event.user_id, incoming.event.type.resource
    state = incoming.draft.get(TABLE, state_key(user_id, resource, id))
    if state is None:
        return
    newest = summaries.read(state, resource, id)
    then = newest.beside
    fields = tolerant.absent(topics.schema_of(resource)) | then.fields
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


def _delivery(incoming: Incoming, newest: StoredSummary, then: RepeatFields) -> Provenance:
    return Provenance(
        then.delivery_id, newest.version.delivered_at_ms, then.created_ms, then.received_ms, then.door, then.origin,
        then.backfill_id, f"{incoming.outlet.prefix}.raw.summaries", incoming.draft.partition,
        newest.offset, newest.version.delivered_at_ms,
    )  # fmt: skip
