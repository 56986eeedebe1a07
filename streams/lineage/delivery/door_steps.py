"""Steps before a raw record: Junction made the delivery, gateways refused it. Pure."""

from collections.abc import Iterator

from streams.lineage.delivery.delivery_ids import IdForm
from streams.lineage.delivery.facts import Arrival, DeliveryFacts, DoorAttempt, NotKnown, RawSeen, known
from streams.lineage.telling import StoryStep
from streams.lineage.words import count, moment

_MEANS = {
    "refused": "its signature is not that of a secret of the endpoint, or its time is not now",
    "not_allowed": "its address is not among STREAMS_GATEWAY_ALLOWED_NETWORKS",
    "not_found": "no endpoint is there",
    "too_large": "its body is larger than STREAMS_BODY_BYTES_MAX",
    "too_slow": "its body came too slowly",
    "gone": "the sender went away",
    "busy": "too many connections",
    "overload": "more came than Kafka took",
    "unavailable": "Kafka did not confirm it in time",
    "error": "the gateway failed",
}


def made_ms(facts: DeliveryFacts) -> int:
    """When Junction made the delivery: by its id, else as its arrivals say; 0 for unknown."""
    if facts.id.made_ms is not None:
        return facts.id.made_ms
    return next((ms for ms in map(created_ms, arrivals_of(facts)) if ms), 0)


def arrivals_of(facts: DeliveryFacts) -> tuple[Arrival, ...]:
    """Those that are known."""
    return known(facts.arrivals)


def created_ms(arrival: Arrival) -> int:
    """When its sender made it, by its row or its headers."""
    raw = arrival.raw.created_ms if isinstance(arrival.raw, RawSeen) else 0
    return (arrival.row.created_ms if arrival.row else 0) or raw


def made(facts: DeliveryFacts) -> Iterator[StoryStep]:
    """Where the delivery came from."""
    at_ms = made_ms(facts)
    if facts.id.form is IdForm.PAGE:
        yield StoryStep(kind="made", sentence="we fetched it, a page of a backfill", at_ms=at_ms or None)
    elif at_ms:
        by = "by the time in its id" if facts.id.made_ms is not None else "by its headers"
        yield StoryStep(kind="made", sentence=f"Junction made it at {moment(at_ms)}, {by}", at_ms=at_ms)


def attempts(facts: DeliveryFacts) -> Iterator[StoryStep]:
    """Each refusal."""
    door = facts.door
    for one in () if isinstance(door, NotKnown) else door.attempts:
        yield StoryStep(
            kind="refused",
            sentence=_refusal(one),
            at_ms=one.at_ms,
            evidence=(f"{one.gateway}/refused",),
            facts={
                "gateway": one.gateway,
                "endpoint": one.endpoint,
                "status": one.status,
                "outcome": one.outcome,
                "body_bytes": one.body_bytes,
                "is_signed": one.is_signed,
            },
        )


def _refusal(one: DoorAttempt) -> str:
    at = f"the endpoint {one.endpoint}" if one.endpoint else "an endpoint that is not ours"
    why = _MEANS.get(one.outcome, one.outcome)
    signed = {True: "a secret of ours signed it", False: "no secret of ours signed it", None: "not verified"}
    cut = ", and of its id only the beginning is known" if one.is_cut else ""
    bytes_read = f", {count(one.body_bytes, 'byte')}" if one.body_bytes else ""
    return f"{at} answered {one.status} {one.outcome}: {why} ({signed[one.is_signed]}{bytes_read}{cut})"
