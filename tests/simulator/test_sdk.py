"""Junction's own Python client reads what the fake answers, on every endpoint that both have: the fake is honest.

Its models are those of the API; where an answer lacked a field or had another type, it would raise.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from connectors.junction import has_endpoint
from streams.events import resources
from streams.events.resources import Kind
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.options import ApiOptions, Fault
from streams.simulator.api.serve import running
from streams.simulator.people.population import Person
from streams.simulator.world.workout_streams import workouts_of
from streams.simulator.world.world import World
from tests.simulator.worlds import world

sdk = pytest.importorskip("junction", reason="because junction-api-sdk, a dependency of development, is not installed")

WORLD = world(users=24, days_of_history=10)
SPAN: dict[str, str] = {"start_date": "2026-10-12", "end_date": "2026-11-18"}
SERIES = [row for row in resources.RESOURCES.values() if row.kind is Kind.TIMESERIES and not row.legacy]
SUMMARIES = sorted(name for name, row in resources.RESOURCES.items() if row.kind is Kind.SUMMARY and has_endpoint(name))
# Where its generator drops an underscore (domain file, 6.4).
_METHODS = {"vo2_max": "vo2max_grouped", "forced_expiratory_volume_1": "forced_expiratory_volume1grouped"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def client() -> AsyncIterator[Any]:
    async with running(FakeApi(WORLD, ApiOptions(page_size=50))) as url:
        yield sdk.AsyncJunction(api_key=KEY, base_url=url, max_retries=0)


pytestmark = pytest.mark.asyncio(loop_scope="module")


def owner(one: World, resource: str) -> Person:
    """Somebody who has it."""
    return next(who for who in one.people if any(resource in link.resources for link in who.links))


@pytest.mark.parametrize("resource", SUMMARIES)
async def test_summaries(client: Any, resource: str) -> None:
    """Each summary endpoint gives objects of the official type."""
    user_id = owner(WORLD, resource).user_id
    endpoint = getattr(client, resource)
    if resource == "profile":
        assert (await endpoint.get(user_id)).user_id == user_id
        return
    answer = await endpoint.get(user_id, **SPAN)
    objects = getattr(answer, resources.RESOURCES[resource].answer_key)
    assert objects
    assert {one.user_id for one in objects} == {user_id}
    assert all(one.source.provider for one in objects)


@pytest.mark.parametrize("row", SERIES, ids=lambda row: row.name)
async def test_grouped_series(client: Any, row: resources.Resource) -> None:
    """Each of the 50 series gives groups of the official type, to the last page."""
    ask = getattr(client.vitals, _METHODS.get(row.name, f"{row.api_name}_grouped"))
    user_id, cursor, samples = owner(WORLD, row.name).user_id, None, 0
    while True:
        answer = await ask(user_id, next_cursor=cursor, **SPAN)
        groups = [group for groups in answer.groups.values() for group in groups]
        samples += sum(len(group.data) for group in groups)
        assert all(group.source.type for group in groups)
        cursor = answer.next_cursor
        if cursor is None:
            break
    assert samples


async def test_workout_stream(client: Any) -> None:
    """Parallel arrays of the official type, full or empty."""
    person = owner(WORLD, "workout_stream")
    lengths = set()
    for id, _, _ in workouts_of(WORLD, person):
        stream = await client.workouts.get_by_workout_id(id)
        lengths.add(len(stream.time) > 0)
    assert True in lengths


async def test_users(client: Any) -> None:
    """One user by both ids, the list, connections, devices."""
    person = owner(WORLD, "weight")
    one = await client.user.get(person.user_id)
    assert (one.user_id, one.client_user_id) == (person.user_id, person.client_user_id)
    assert await client.user.get_by_client_user_id(person.client_user_id) == one
    page = await client.user.get_all(offset=20, limit=10)
    assert (len(page.users), page.total, page.offset) == (4, 24, 20)
    for who in WORLD.people:
        answer = await client.user.get_connected_providers(who.user_id)
        assert all(link.resource_availability for link in answer["providers"])
        devices = await client.user.get_devices(who.user_id)
        assert {device.user_id for device in devices} <= {who.user_id}


async def test_providers(client: Any) -> None:
    """All providers, with how one connects and what they deliver."""
    found = {provider.slug: provider for provider in await client.providers.get_all()}
    assert {"oura", "garmin", "apple_health_kit"} <= set(found)
    assert all(provider.supported_resources for provider in found.values())


async def test_introspection(client: Any) -> None:
    """Pulls and resources of all users, page by page."""
    for ask in (client.introspect.get_user_historical_pulls, client.introspect.get_user_resources):
        users, cursor = [], None
        while True:
            page = await ask(user_limit=10, next_cursor=cursor)
            users += [entry.user_id for entry in page.data]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert users == [person.user_id for person in WORLD.people]


async def test_refusals(client: Any) -> None:
    """A wrong parameter is the error that the official client knows; so are a wrong key and 503."""
    with pytest.raises(sdk.UnprocessableEntityError) as caught:
        await client.sleep.get(owner(WORLD, "sleep").user_id, start_date="yesterday")
    assert caught.value.body.detail[0]["loc"] == ["query", "start_date"]
    api = FakeApi(WORLD, ApiOptions(faults={Fault.UNAVAILABLE: 1.0}))
    async with running(api) as url:
        for key, status in (("other", 401), (KEY, 503)):
            other = sdk.AsyncJunction(api_key=key, base_url=url, max_retries=0)
            with pytest.raises(sdk.core.api_error.ApiError) as failed:
                await other.providers.get_all()
            assert failed.value.status_code == status
