"""daily.data.<summary>.*: one entity an event, typed, deduplicated by its id, compared with those of its day."""

from streams.agents.steps import connection_rows, day_preferences, fetch_requests, zones
from streams.agents.steps.backfill_rows import count_data
from streams.agents.steps.common_fields import Joined, note_times
from streams.agents.steps.entities import Destination, compare, date, emit
from streams.agents.steps.folding import Agent
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.signs_of_life import note_outdated
from streams.events import Family
from streams.payloads import local_time, summary
from streams.tables import EMITTED, About, coverage
from streams.tables.readings import SummaryReading
from streams.tables.summaries import SummaryForm


def fold_summary(incoming: Incoming, reading: SummaryReading) -> None:
    entity, resource, provider = reading.entity, reading.topic, reading.entity.source.provider
    date(incoming, entity)
    link = connection_rows.imply(incoming, provider)
    plain = local_time.of_summary(entity.fields, None, is_floating=False)
    extent = coverage.of_summary(entity.fields, incoming.delivery.at_ms, plain)
    incoming.draft.note(About(provider, entity.source.type, extent))
    aged = incoming.with_age(extent and extent.last_us, link)
    if extent is not None and not entity.fields.get("is_predicted"):
        note_times(aged, "$.data", extent.first_us, extent.last_us)
    place = zones.place_of(aged, provider, entity.fields, plain)
    to = Destination(resource, [aged.event.user_id, resource, entity.id], summary.state_parts(entity))
    day = day_preferences.day_of(entity, place)
    form = SummaryForm(entity, day, incoming.delivery)  # not that of `aged`, which depends on what is joined
    compared = compare(aged, entity, to, form)
    if compared.verdict in EMITTED:
        flag = day_preferences.prefer(aged, entity, form.before, day)
        more = zones.placed(place) | {"preferred": flag}
        emit(aged, entity, compared, to, Joined(entity.source, link, aged.policy), more)
    elif compared.is_outdated:
        note_outdated(aged, aged.delivery.at_ms * 1000 if extent is None else extent.last_us)
    if provider not in local_time.FLOATING_PROVIDERS:
        zones.learn(aged, entity.fields.get("time_zone"))
    count_data(aged, provider, extent, {compared.verdict: 1})
    if compared.verdict in EMITTED and summary.is_notice(entity):
        fetch_requests.for_stream(aged, provider, entity.id)


AGENT = Agent({Family.SUMMARY: fold_summary})
