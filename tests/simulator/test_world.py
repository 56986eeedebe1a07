"""The world: repeatable, complete, and in shapes that Junction sends."""

import json
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import pytest

from streams.events import resources
from streams.events.identity import identify
from streams.events.message_ids import ksuid_time_ms
from streams.events.resources import Kind
from streams.events.types import Family
from streams.simulator.bodies.kinds import BUCKETS, CURVES, MOMENTS
from streams.simulator.world.world import APART_MS, Generation
from tests.simulator.worlds import END_MS, events, world

DAY_MS = 24 * 3600 * 1000


def bodies(generation: Generation = Generation.MIXED) -> list[dict[str, Any]]:
    return [json.loads(event.body) for event in events(generation=generation)]


def test_a_seed_is_a_world() -> None:
    """The same arguments give the same bytes; another seed gives other users."""
    assert list(world().events()) == list(world().events())
    assert {one.user_id for one in world(seed=6).people}.isdisjoint(one.user_id for one in world().people)


def test_more_users_leave_the_others_alone() -> None:
    """What happens to a user does not depend on how many others there are."""
    everyone = {person.user_id for person in world(users=4).people}
    few = [event for event in world(users=4).events() if event.user_id]
    assert few == [event for event in events() if event.user_id in everyone]


def test_every_event_is_what_it_says() -> None:
    """Each body is identified as the event type and the user that the event was made for."""
    for event in events():
        identity = identify(event.body)
        assert (identity.type.text, identity.user_id) == (event.event_type, event.user_id)


def test_events_come_in_order_and_apart() -> None:
    """Events are sorted, lie within the days, and those of one owner have different times in their message ids."""
    last: dict[str, int] = {}
    times = [event.created_at_ms for event in events()]
    assert times == sorted(times)
    assert END_MS - 2 * DAY_MS <= times[0] <= times[-1] <= END_MS
    for event in events():
        assert event.created_at_ms - last.get(event.user_id, 0) >= APART_MS
        last[event.user_id] = event.created_at_ms


def test_message_ids_tell_the_time_and_differ() -> None:
    """The id of an event holds its creation time to 4 ms, and no two events share one."""
    ids = [event.message_id for event in events()]
    assert len(set(ids)) == len(ids)
    for event in events()[:200]:
        assert abs((ksuid_time_ms(event.message_id) or 0) - event.created_at_ms) <= 4


def test_all_families_and_resources_occur() -> None:
    """Two dozen users have every family and all 60 resources between them, as data and as finished history."""
    types = [identify(event.body).type for event in events(users=24)]
    living = {name for name, row in resources.RESOURCES.items() if not row.legacy}
    assert {kind.family for kind in types} == set(Family) - {Family.OPERATIONAL}  # that one is about no user
    assert {kind.resource for kind in types if kind.family in (Family.SUMMARY, Family.TIMESERIES)} == living
    history = {kind.resource for kind in types if kind.family is Family.BACKFILL}
    assert living - history == {"cholesterol", "ige", "igg"}  # a laboratory has no history to pull


def test_the_series_tables_have_every_resource_once() -> None:
    """Each timeseries resource has exactly one way to be measured."""
    tables = [*CURVES, *BUCKETS, *MOMENTS]
    rows = resources.RESOURCES.values()
    assert sorted(tables) == sorted(row.name for row in rows if row.kind is Kind.TIMESERIES and not row.legacy)


def test_families_filter() -> None:
    """Only the families asked for are made."""
    some = frozenset({Family.CONNECTION, Family.SUMMARY})
    assert {identify(event.body).type.family for event in world(families=some).events()} == some


def test_the_new_generation_has_nothing_old() -> None:
    """After September 2026 no source has a name, slug or logo, no connection a source, no history an end mark."""
    for body in bodies(Generation.NEW):
        data = body["data"]
        assert "user_id" in body or body["event_type"].startswith(("labtest.match_review", "checkout"))
        if isinstance(data, dict):
            assert "is_final" not in data
            assert not {"name", "slug", "logo"} & set(data.get("source") or ())


def test_the_old_generation_has_all_its_traps() -> None:
    """Old bodies: slug-only sources, a provider object in data, identity inside data, end marks, copies of source."""
    seen: Counter[str] = Counter()
    for body in bodies(Generation.OLD):
        data = body["data"]
        if isinstance(data, dict):
            seen["only slug"] += "slug" in data.get("source", {}) and "provider" not in data["source"]
            seen["both"] += {"slug", "provider"} <= set(data.get("source", {}))
            seen["provider object"] += isinstance(data.get("provider"), dict)
            seen["end mark"] += data.get("is_final") is True
            seen["ids in data only"] += "user_id" in data and "user_id" not in body
    assert all(seen[trap] for trap in ("only slug", "both", "provider object", "end mark", "ids in data only")), seen


@pytest.mark.parametrize("resource", ["steps", "distance", "calories_active"])
def test_buckets_are_rewritten_and_only_grow(resource: str) -> None:
    """An hour that is not over comes again with a higher value, never a lower one."""
    values: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for body in bodies(Generation.NEW):
        if body["event_type"].startswith(f"daily.data.{resource}."):
            source = body["data"]["source"]
            for sample in body["data"]["data"]:
                key = (body["user_id"], source["provider"], source["type"], sample["start"])
                values[key].append(sample["value"])
    assert any(len(set(one)) > 1 for one in values.values())
    assert all(a <= b for one in values.values() for a, b in pairwise(one))


def test_a_summary_is_updated_with_and_without_change() -> None:
    """The same id comes again: with other content, with the same content, and once with the same `updated_at`."""
    said: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for event in events(users=24, generation=Generation.NEW):
        if event.event_type.startswith("daily.data.activity."):
            data = json.loads(event.body)["data"]
            updated_at = data.pop("updated_at")
            del data["created_at"]
            said[data["id"]].append((updated_at, json.dumps(data)))
    steps = [step for one in said.values() for step in pairwise(one)]
    assert any(a[1] != b[1] for a, b in steps)
    assert any(a[1] == b[1] for a, b in steps)
    assert any(a[0] == b[0] and a[1] != b[1] for a, b in steps)


def test_floating_time_has_no_offset() -> None:
    """Freestyle Libre writes the user's clock as if it were UTC, and says no offset (domain file, 3.6)."""
    samples = [
        sample
        for body in bodies(Generation.NEW)
        if body["event_type"].startswith("daily.data.glucose.")
        and body["data"]["source"]["provider"] == "freestyle_libre"
        for sample in body["data"]["data"]
    ]
    assert samples
    assert {sample["timezone_offset"] for sample in samples} == {None}


def test_stories_of_connections() -> None:
    """Somebody's link breaks and is mended, somebody's stays broken, and one range of history is reversed."""
    by_user: dict[str, list[str]] = defaultdict(list)
    for event in events():
        if event.event_type.startswith("provider.connection."):
            by_user[event.user_id].append(event.event_type.rpartition(".")[2])
    assert any(
        "error" in one and one.index("error") < len(one) - 1 and one[-1] == "created" for one in by_user.values()
    )
    assert any(one[-1] == "error" for one in by_user.values())
    ranges = [b["data"] for b in bodies() if b["event_type"].startswith("historical.")]
    assert {data["start_date"] > data["end_date"] for data in ranges} == {True, False}
