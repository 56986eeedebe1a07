"""daily.data.<summary>.*: one entity an event, typed, deduplicated by its id, compared with those of its day."""

from streams.agents.steps import day_preferences, fetch_requests, zones
from streams.agents.steps.backfill_rows import received
from streams.agents.steps.common_fields import Outlet, aged, body_of, data_link, delivered, note_times
from streams.agents.steps.deliveries import fold_unread
from streams.agents.steps.drift import note
from streams.agents.steps.entities import compare, date, emit
from streams.agents.steps.signs_of_life import overtaken
from streams.events.types import Family, Record
from streams.kafka.codec import Codec
from streams.payloads import drift, local_time, summary
from streams.payloads.decode import decode
from streams.payloads.summary import Summary
from streams.tables import coverage
from streams.tables.draft import Draft, Fold
from streams.tables.sources import Policy
from streams.tables.verdicts import EMITTED


def make(codec: Codec, prefix: str, policy: Policy) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        came = delivered(record)
        entity = decode(body_of(record), Family.SUMMARY)
        if not isinstance(entity, Summary):
            fold_unread(draft, outlet, policy, entity, came)
            return
        date(entity, came)
        event, resource, provider = entity.event, entity.event.type.resource, entity.source.provider
        link = data_link(draft, outlet, event, came, provider)
        extent = coverage.of_summary(entity.fields, came.at_ms)
        how = aged(came, extent and extent.last_us, link)
        if extent is not None and not entity.fields.get("is_predicted"):
            note_times(event, "$.data", extent.first_us, extent.last_us, how.at_ms)
        place = zones.place_of(draft, policy, event.user_id, provider, entity.fields)
        state = summary.state_parts(entity)
        compared = compare(draft, entity, how, state, day_preferences.keep(entity, came, place))
        if compared.verdict in EMITTED:
            flag = day_preferences.settle(draft, outlet, policy, entity, compared.before, place)
            emit(
                draft, outlet, entity, how, compared, resource, [event.user_id, resource, entity.id],
                source=entity.source, link=link, policy=policy,
                more=day_preferences.placed(place) | {"preferred": flag},
            )  # fmt: skip
        elif compared.is_overtaken:
            overtaken(draft, event, how, how.at_ms * 1000 if extent is None else extent.last_us)
        if provider not in local_time.FLOATING_PROVIDERS:
            zones.learn(draft, event.user_id, entity.fields.get("time_zone"), how.at_ms)
        received(draft, outlet, event, how, provider, extent, {compared.verdict: 1})
        if compared.verdict in EMITTED and summary.is_notice(entity):
            fetch_requests.for_stream(draft, outlet, event, how, provider, entity.id)
        note(draft, outlet, event, how, drift.of_summary(entity))

    return fold
