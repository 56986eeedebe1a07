"""The fields that all data records share: user, source, delivery, verdict, version, connection, problems."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from streams.agents.steps.incoming import Incoming
from streams.events import DAY_US
from streams.payloads import FLOATING_PROVIDERS, Source, unknown_text
from streams.tables import FIRST_DELIVERY_MS, NEVER_US, Policy, Version, connections

AHEAD_US = 2 * DAY_US  # a clock that is off by a time zone is common; one that is off by days is a problem
JUNCTION_SENSE = Policy()  # the ranks of sources without settings of a team


class Joined(NamedTuple):
    """What is joined into a record: who measured, the connection to the provider, and the ranks of source types."""

    source: Source | None = None
    link: connections.Connection | None = None
    ranking: Policy = JUNCTION_SENSE


NOTHING_JOINED = Joined()


def head(
    incoming: Incoming,
    joined: Joined,
    *,
    verdict: str,
    version: Version,
    changed_fields: Sequence[str] = (),
    unknown: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The common fields."""
    draft, _, _, event, delivery = incoming
    source, link, ranking = joined
    updated_at_us, delivered_at_ms, content_hash = version
    return {
        "user_id": event.user_id or None,
        "client_user_id": event.client_user_id or None,
        "team_id": event.team_id or None,
        "resource": event.type.resource,
        "source": source and {**source._asdict(), "priority": ranking.rank(source.type)},
        "delivery": {
            "id": delivery.id,
            "event_type": event.type.text,
            "door": delivery.door,
            "origin": delivery.origin,
            "backfill_id": delivery.backfill_id or None,
            "raw_topic": delivery.topic,
            "raw_partition": delivery.partition,
            "raw_offset": delivery.offset,
            "created_at": delivery.created_ms,
            "received_at": delivery.received_ms,
            "processed_at": draft.now_ms,
        },
        "verdict": verdict,
        "changed_fields": changed_fields,
        "version": {
            "updated_at": None if updated_at_us == NEVER_US else updated_at_us,
            "delivered_at": delivered_at_ms,
            "content_hash": content_hash,
        },
        "connection": link and {"status": link.status, "connected_at": link.created and link.created.at_ms},
        "is_floating_time": source is not None and source.provider in FLOATING_PROVIDERS,
        "problems": event.problems,
        "unknown_fields": unknown_text(event, unknown),
    }


def note_times(incoming: Incoming, place: str, first_us: int, last_us: int) -> None:
    """Unlikely times are kept, and a problem of the event: before 1970, or well after its delivery."""
    problems, at_ms = incoming.event.problems, incoming.delivery.at_ms
    if first_us < 0:
        problems.append(f"{place}: before 1970")
    if last_us > at_ms * 1000 + AHEAD_US and at_ms >= FIRST_DELIVERY_MS:
        problems.append(f"{place}: after its delivery")
