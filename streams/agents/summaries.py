"""daily.data.<summary>.*: one entity an event, typed, deduplicated by its id."""

from streams import coverage, drift, summary
from streams.agents import asking
from streams.agents.drift import note
from streams.agents.entity import fold_entity
from streams.agents.history import received
from streams.agents.parts import Outlet, aged, body_of, data_link, delivered
from streams.codec import Codec
from streams.decode import decode
from streams.dedup import EMITTED
from streams.draft import Draft, Fold
from streams.errors import Reason, Rejected
from streams.events import Family, Record
from streams.summary import Summary


def make(codec: Codec, prefix: str) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        how = delivered(record)
        entity = decode(body_of(record), Family.SUMMARY)
        if not isinstance(entity, Summary):
            raise Rejected(Reason.BAD_SHAPE, "$.event_type: not of this topic")
        event, resource = entity.event, entity.event.type.resource
        link = data_link(draft, outlet, event, how, entity.source.provider)
        extent = coverage.of_summary(entity.fields, how.at_ms)
        how = aged(how, extent and extent.last_us, link)
        key = [event.user_id, resource, entity.id]
        verdict = fold_entity(
            draft, outlet, entity, how, topic=resource, key=key, state=summary.state_parts(entity),
            source=entity.source, link=link,
        )  # fmt: skip
        received(draft, outlet, event, how, entity.source.provider, extent, {verdict: 1})
        if verdict in EMITTED and summary.is_notice(entity):
            asking.for_stream(draft, outlet, event, how, entity.source.provider, entity.id)
        note(draft, outlet, event, how, drift.of_summary(entity))

    return fold
