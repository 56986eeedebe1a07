"""The fake API on a port, and our client pointed at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from connectors.junction import Client, Page, iterate_pages, open_client
from connectors.junction.retry_policy import RetryPolicy
from streams.events import resources
from streams.events.resources import Kind
from streams.events.times import DAY_US
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.options import ApiOptions
from streams.simulator.api.serve import running
from streams.simulator.world.world import World
from streams.tables.history.windows import Span, widened
from tests.connectors.junction.scripted import settings_for

QUICK = RetryPolicy(tries=6, total_s=30, wait_first_s=0.01, wait_max_s=2.0)


@asynccontextmanager
async def fake(
    world: World, options: ApiOptions | None = None, **changes: object
) -> AsyncIterator[tuple[FakeApi, Client]]:
    """`changes`: of the client's settings."""
    api = FakeApi(world, options)
    async with running(api) as url:
        settings = settings_for(url, **({"junction_api_key": KEY} | changes))
        async with open_client(settings, QUICK) as client:
            yield api, client


def history_span(world: World) -> Span:
    """All that a world may hold, a day more on both sides (domain file, 6.2)."""
    return widened(world.start_ms * 1000 - world.days_of_history * DAY_US, world.end_ms * 1000)


async def pages_of(client: Client, resource: str, user_id: str, span: Span, provider: str = "") -> list[Page]:
    """The pages of a span, from the first to the last."""
    if resources.RESOURCES[resource].kind is Kind.SUMMARY:
        return [await client.page(resource, user_id, span, provider)]
    return [page async for page in iterate_pages(partial(client.page, resource, user_id, span, provider))]
