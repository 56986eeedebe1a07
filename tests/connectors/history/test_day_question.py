"""Whether Junction has anything of a day, asked of the fake API."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from connectors.history.day_question import junction_asker
from connectors.junction import Refused
from connectors.junction.retry_policy import RetryPolicy
from streams.events.times import DAY_MS
from streams.lineage.data.days import LocalDay, UserClock
from streams.lineage.why.facts import JunctionSays
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.serve import running
from tests.connectors.junction.scripted import settings_for
from tests.simulator.worlds import END_MS, world

QUICK = RetryPolicy(tries=2, total_s=3, wait_first_s=0.01, wait_max_s=0.1)
WORLD = world(users=1, days=4)
USER = next(WORLD.people).user_id  # in Madrid, with a ring alone
MADRID = UserClock("Europe/Madrid")
TODAY = END_MS // DAY_MS


@pytest.fixture
async def settings() -> AsyncIterator[Settings]:
    async with running(FakeApi(WORLD)) as url:
        yield settings_for(url, junction_api_key=KEY)


async def asked(settings: Settings, resource: str, day: int | None, user_id: str = USER) -> JunctionSays:
    ask = junction_asker(settings, QUICK)
    return await asyncio.to_thread(ask, user_id, resource, None if day is None else LocalDay(day, MADRID))


async def test_what_junction_has_of_a_day(settings: Settings) -> None:
    """A night and samples of yesterday from the ring; of last month nothing, nor of a user that it does not know."""
    assert await asked(settings, "sleep", TODAY - 1) == JunctionSays(1, ("oura",))
    assert (await asked(settings, "heartrate", TODAY - 1)).n > 10
    assert await asked(settings, "sleep", TODAY - 30) == JunctionSays(0)
    assert await asked(settings, "sleep", TODAY - 1, "00000000-0000-4000-8000-000000000000") == JunctionSays(0)


async def test_without_a_day(settings: Settings) -> None:
    """A profile belongs to none; of others it is the last month that counts."""
    assert (await asked(settings, "profile", None)).n <= 1


async def test_who_cannot_be_asked(settings: Settings) -> None:
    """A resource without an endpoint, no key, nobody there: each an error that has a sentence."""
    with pytest.raises(Refused):
        await asked(settings, "connection", TODAY)
    with pytest.raises(Misconfigured, match="no credentials"):
        await asked(
            settings.model_copy(update={"junction_api_key": Settings(_env_file=None).junction_api_key}), "sleep", TODAY
        )
    with pytest.raises(Unavailable):
        await asked(settings_for("http://127.0.0.1:9"), "sleep", TODAY)
