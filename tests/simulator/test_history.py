"""What there was before the first day: apart from the events, agreed upon by truth and API, and made when asked for."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from connectors.junction import has_endpoint
from streams.events import resources
from streams.events.resources import Kind
from streams.events.types import Family, parse_type
from streams.simulator.bodies import history
from streams.simulator.people.physiology import local_day, midnight_ms
from streams.simulator.truth import facts
from streams.simulator.truth.truth import Truth
from streams.simulator.world.inventory import Inventory
from streams.simulator.world.notices import Notices, fate
from streams.simulator.world.world import Event, World
from tests.simulator.worlds import END_MS, world

PAST = {"users": 12, "days_of_history": 30}
ALL = ("2000-01-01", "2100-01-01")


@pytest.fixture(scope="module")
def whole() -> World:
    return world(**PAST)


def test_without_history_a_world_is_as_it_was(whole: World) -> None:
    """The events of new data do not depend on how much history there is."""
    garmin = {person.user_id for person in whole.people if any(link.provider.slug == "garmin" for link in person.links)}

    def said(one: World) -> list[bytes]:
        events = (event for event in one.events() if event.user_id not in garmin)
        return [event.body for event in events if not event.event_type.startswith("historical.")]

    assert said(whole) == said(world(users=12))
    assert list(world(users=12).history()) == []


def test_history_and_events_share_no_key(whole: World) -> None:
    """A key is in the history or among the events, so that neither can overwrite the other."""
    events, past = Truth.of(whole.events()).newest, Truth.of(whole.history()).newest
    assert past
    assert not events.keys() & past.keys()


def test_each_key_of_the_history_comes_once(whole: World) -> None:
    """No sample and no summary is in two days."""
    keys = Counter(fact.key for event in whole.history() for fact in facts.of_event(event))
    assert max(keys.values()) == 1


def test_the_api_holds_what_the_truth_says(whole: World) -> None:
    """For every person and resource: the objects and samples that the API can give are exactly the newest of events
    and history, key by key, content by content."""
    wanted = {key: fact.content for key, fact in Truth.of_world(whole).newest.items() if key[0] in resources.RESOURCES}
    wanted = {key: content for key, content in wanted.items() if key[0] != "workout_stream"}
    found = {}
    for person in whole.people:
        for event in held(Inventory(whole, person)):
            for fact in facts.of_event(event):
                assert fact.key not in found
                found[fact.key] = fact.content
    assert found == wanted


def held(inventory: Inventory) -> list[Event]:
    """Everything that the API could give about a person, each thing as an event."""
    user_id, events = inventory.person.user_id, []
    for name in filter(has_endpoint, resources.RESOURCES):
        kind = f"daily.data.{name}.created"
        if resources.RESOURCES[name].kind is Kind.TIMESERIES:
            for row in inventory.samples(name, *(f"{day}T00:00:00" for day in ALL)):
                body = b'{"data":{"source":' + row.source + b',"data":[' + row.sample + b"]}}"
                events.append(Event(kind, body, user_id, END_MS))
            continue
        slugs = [link.provider.slug for link in inventory.person.links]
        objects = map(inventory.profile, slugs) if name == "profile" else inventory.summaries(name, *ALL)
        events += [Event(kind, msgspec.json.encode({"data": one}), user_id, END_MS) for one in objects if one]
    return events


def test_providers_give_what_they_give(whole: World) -> None:
    """Strava 14 days, Fitbit 14 of its intraday series, everybody else what is asked for (domain file, 5.2)."""
    links = {link.provider.slug: link for person in whole.people for link in person.links}
    assert history.days_back(links["strava"], "workouts", 90) == 14
    assert history.days_back(links["fitbit"], "heartrate", 90) == 14
    assert history.days_back(links["fitbit"], "sleep", 90) == 90
    assert history.days_back(links["oura"], "sleep", 10) == 10


def test_garmin_history_comes_as_events() -> None:
    """Its notices come first, then all history as events of new data; none of it is left to fetch (5.3)."""
    one = world(users=3, days_of_history=20)
    person = list(one.people)[2]
    link = person.links[0]
    assert link.provider.slug == "garmin"
    told = list(one.plain_events(person))
    notices = [event.at_ms for event in told if event.data.get("provider") == "garmin" and "end_date" in event.data]
    data = [event for event in told if event.source and event.source.provider == "garmin"]
    assert len(notices) == 2 * len(link.resources)  # this one's connection broke, and was made again
    assert notices[len(link.resources) - 1] < data[0].at_ms
    assert len({event.data["calendar_date"] for event in data if ".activity." in event.event_type}) >= 20
    assert not any(b'"garmin"' in event.body for event in one.history())


def fates(notices: Notices) -> Any:
    people = list(world(users=60).people)
    every = [(one, link, name) for one in people for link in one.links for name in link.resources]
    return [fate(notices, *where) for where in every]


@pytest.mark.parametrize("what", ["missing", "early", "reversed", "repeated", "failed"])
def test_notices_can_be_wrong_in_many_ways(what: str) -> None:
    """A share of the notices has the trouble asked for, the others have none of it more than before."""
    share, usual = fates(Notices(**{what: 0.3})), fates(Notices())
    name = f"is_{what}"
    assert 0.2 < sum(getattr(one, name) for one in share) / len(share) < 0.5
    others = [field for field in share[0]._fields if field != name]
    assert [[getattr(one, field) for field in others] for one in share] == [
        [getattr(one, field) for field in others] for one in usual
    ]


def notices_of(one: World) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for event in one.events():
        kind = parse_type(event.event_type)
        if kind.family is Family.BACKFILL:
            data = msgspec.json.decode(event.body)["data"]
            found[(event.user_id, data["provider"], kind.resource)] += 1
    return found


def test_the_deliveries_follow_the_fates() -> None:
    """Missing and failed notices are not sent, repeated ones twice; a failed pull has no history."""
    trouble = Notices(missing=0.2, repeated=0.2, failed=0.2)
    one = world(users=12, notices=trouble, days_of_history=10)
    sent = notices_of(one)
    past = {(event.user_id, parse_type(event.event_type).resource) for event in one.history()}
    for person in one.people:
        for place, link in enumerate(person.links):
            for name in link.resources if link.provider.slug != "labcorp" else ():
                what = fate(trouble, person, link, name)
                number = sent[(person.user_id, link.provider.slug, name)]
                assert (number == 0) == (what.is_missing or what.is_failed)
                if number and not place:
                    assert (number % 2 == 0) == what.is_repeated or person.index % 5 in (1, 2)
                if what.is_failed and sum(name in other.resources for other in person.links) == 1:
                    assert (person.user_id, name) not in past


def test_a_day_costs_a_day(whole: World) -> None:
    """The history of one day is made without the days around it: the same samples, whichever way they are asked for."""
    person = next(one for one in whole.people if one.links[0].provider.slug == "oura")
    held_ = Inventory(whole, person)
    day = local_day(person, whole.start_ms) - 20
    begin = midnight_ms(person, day)
    assert begin < whole.start_ms
    span = [f"2026-10-{n:02}T00:00:00" for n in (20, 21, 22)]
    apart = held_.samples("heartrate", span[0], span[1]) + held_.samples("heartrate", span[1], span[2])
    together = held_.samples("heartrate", span[0], span[2])
    assert together
    assert sorted(set(apart)) == together
