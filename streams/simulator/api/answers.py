"""Answers about people: users, connections, devices, providers, and Junction's own work (4.3, 5.4, 6.4)."""

from collections.abc import Iterator
from typing import Any

from streams.events import DAY_MS
from streams.simulator.bodies import history
from streams.simulator.calendar import iso
from streams.simulator.people.links import Link
from streams.simulator.people.population import TEAM_ID, Person
from streams.simulator.people.providers import MAIN, OTHERS, Provider
from streams.simulator.world import control
from streams.simulator.world.inventory import Inventory
from streams.simulator.world.notices import fate, span_ms
from streams.simulator.world.plan import is_series
from streams.simulator.world.workout_streams import workouts_of
from streams.simulator.world.world import PULLED_MS, World

Json = dict[str, Any]
_AUTH = {
    "apple_health_kit": "sdk",
    "freestyle_libre": "email",
    "kardia": "password",
    "tandem_source": "password",
}
_TIMELINE = (("scheduled", 1000), ("started", 5000), ("ended", PULLED_MS))  # ms after the connection
_LAB = "labcorp"  # no provider that a user connects
_MADE_MS = 30 * DAY_MS  # a user is made so long before the world begins


def user(world: World, person: Person) -> Json:
    sources = [
        {
            "provider": control.provider_object(link.provider),
            "created_on": iso(world.connected_ms(link)),
            "source": control.provider_object(link.provider),
        }
        for link in _links(person)
    ]
    made = iso(world.start_ms - _MADE_MS)
    return {
        "user_id": person.user_id,
        "team_id": TEAM_ID,
        "client_user_id": person.client_user_id,
        "created_on": made,
        "connected_sources": sources,
        "fallback_time_zone": {"id": person.zone, "source_slug": "manual", "updated_at": made},
        "fallback_birth_date": None,
        "ingestion_start": None,
        "ingestion_end": None,
    }


def _links(person: Person) -> Iterator[Link]:
    return (link for link in person.links if link.provider.slug != _LAB)


def user_providers(world: World, person: Person) -> Json:
    """Connections as they are when the last day has ended."""
    links = [(place, link) for place, link in enumerate(person.links) if link.provider.slug != _LAB]
    return {"providers": [_status(world, person, place, link) for place, link in links]}


def _status(world: World, person: Person, place: int, link: Link) -> Json:
    span = (world.start_ms, world.end_ms)
    last_ms = control.connections(person, link, place, *span)[-1]
    broke = control.failure(person, place, *span)
    is_broken = broke is not None and broke[0] > last_ms
    error = broke and {"error_type": broke[1], "error_message": "refused by the provider", "errored_at": iso(broke[0])}
    return {
        **control.provider_object(link.provider),
        "created_on": iso(last_ms),
        "status": "error" if is_broken else "connected",
        "external_user_id": f"external-{person.index}",
        "error_details": error if is_broken else None,
        "resource_availability": control.availability(link),
    }


def devices(person: Person) -> list[Json]:
    return [control.device(person, link, "1.1.0") for link in person.links if link.provider.has_devices]


def providers() -> list[Json]:
    """All that occur in a world."""
    known = {provider.slug: provider for provider in (*MAIN, *OTHERS) if provider.slug != _LAB}
    return [_provider(provider) for _, provider in sorted(known.items())]


def _provider(provider: Provider) -> Json:
    return {
        **control.provider_object(provider),
        "description": f"Data of {provider.name}",
        "auth_type": _AUTH.get(provider.slug, "oauth"),
        "supported_resources": [*provider.core, *provider.some],
    }


def pulls(world: World, person: Person, provider: str | None) -> Json:
    """What Junction pulled, and what not."""
    links = (link for link in _links(person) if provider in (None, link.provider.slug))
    return {"user_id": person.user_id, "provider": {link.provider.slug: _pulls(world, person, link) for link in links}}


def _pulls(world: World, person: Person, link: Link) -> Json:
    return {
        "pulled": {resource: _pull(world, person, link, resource) for resource in link.resources},
        "not_pulled": [] if "profile" in link.resources else ["profile"],
    }


def _pull(world: World, person: Person, link: Link, resource: str) -> Json:
    connected_ms, is_failed = world.connected_ms(link), fate(world.notices, person, link, resource).is_failed
    start_ms, end_ms = span_ms(link, resource, world.days_of_history, connected_ms)
    times = ((f"{what}_at", connected_ms + wait_ms) for what, wait_ms in _TIMELINE)
    return {
        "status": "failure" if is_failed else "success",
        "range_start": iso(start_ms),
        "range_end": iso(end_ms),
        "timeline": {name: iso(at_ms) for name, at_ms in times},
        "days_with_data": 0 if is_failed else _days_with_data(world, person, link, resource),
        "release": "0.0.0-fake",
        "trace_id": None,
        "error_details": "retry_quota_exhausted" if is_failed else None,
    }


def _days_with_data(world: World, person: Person, link: Link, resource: str) -> int:
    """Local days of the history that hold something."""
    connected_ms, back = world.connected_ms(link), world.days_of_history
    if resource == "workout_stream":
        past = (span for _, one, span in workouts_of(world, person) if one is link and span.end_ms <= connected_ms)
        return len({span.day for span in past})
    days, sources = history.days_of(person, link, resource, back, connected_ms), list(link.sources(resource))
    if is_series(resource):
        return len(days)

    def has_data(day: int) -> bool:
        return any(
            True
            for source in sources
            for _ in history.summaries_of_day(person, link, source, resource, day, back, connected_ms)
        )

    return sum(map(has_data, days))


def ingestion(held: Inventory, provider: str | None) -> Json:
    """What Junction has and sent."""
    links = [link for link in _links(held.person) if provider in (None, link.provider.slug)]
    rows = {link.provider.slug: {name: _resource(held, link, name) for name in link.resources} for link in links}
    return {"user_id": held.person.user_id, "provider": rows}


def _resource(held: Inventory, link: Link, resource: str) -> Json:
    oldest, newest = held.reach(resource, link)
    return {
        "last_attempt": {"timestamp": iso(held.world.end_ms // 1000 * 1000), "status": "success"},
        "oldest_data": oldest,
        "newest_data": newest,
        "sent_count": held.known(resource).created.get(link.provider.slug, 0),
    }
