"""A pipeline made as it is wanted, at the fake Org Management API over real HTTP."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from connectors.junction.etl_pipelines import Preferred
from connectors.junction.failures import NotAuthorized
from connectors.junction.management import Management, open_management
from connectors.junction.pipeline_secrets import revealed
from connectors.junction.pipeline_setup import apply, remove, set_up, take_down, there
from streams.ops.errors import Misconfigured
from streams.simulator.api.app import FakeApi
from streams.simulator.api.pipelines import FakePipelines
from streams.simulator.api.serve import running
from tests.connectors.junction.pipelines import (
    HUBS,
    MARKER,
    ORG,
    OTHER_TEAM,
    PUBSUB,
    RABBIT,
    TARGETS,
    TEAM,
    managing,
    pipeline,
    published,
)
from tests.connectors.junction.scripted import http, scripted
from tests.simulator.worlds import world

WORLD = world(users=1, days=1)
PATH = f"/v1/org/{ORG}/team_etl_pipelines/production/us"


@asynccontextmanager
async def fake(pipelines: FakePipelines | None = None) -> AsyncIterator[tuple[FakeApi, str, Management]]:
    api = FakeApi(WORLD)
    api.pipelines = pipelines or api.pipelines
    async with running(api) as url, open_management(managing(url)) as management:
        yield api, url, management


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.key)
async def test_once_made_nothing_is_sent_again(target: Any) -> None:
    """The first time it is sent and read back; the second time it is only read."""
    async with fake() as (api, _, management):
        wanted = pipeline(target, has_history=True, prefixes=("daily.", "historical."))
        first, second = await apply(management, wanted), await apply(management, wanted)
        assert api.pipelines.calls == {"GET": 3, "POST": 1}
    assert list(first.lines()) == [
        f"{TEAM}: changed pipeline: one is wanted, none is there",
        f"{TEAM}: sent, and Junction has it as it was sent",
    ]
    assert list(second.lines()) == [f"{TEAM}: Junction has this pipeline already; nothing was sent"]
    assert first.is_right
    assert second.is_right


async def test_a_move_step_by_step() -> None:
    """Each step changes the preferences and nothing else; the way back leaves webhooks alone."""
    async with fake() as (api, _, management):
        for step in Preferred:
            applied = await apply(management, pipeline(preferred=step))
            assert applied.is_right
            held = await there(management, TEAM)
            assert held
            assert held["preferences"]["preferred"] == ("svix" if step is Preferred.WEBHOOK else "rabbitmq")
        assert all("preferences." in line for line in applied.lines() if "changed" in line)
        await remove(management, (TEAM,))
        assert await there(management, TEAM) is None
        assert api.pipelines.calls["POST"] == 3


async def test_what_is_taken_down_is_looked_for() -> None:
    """Of two teams one had a pipeline: neither has one; where Junction keeps it, that team is named."""
    async with fake() as (_, url, management):
        await apply(management, pipeline(PUBSUB, TEAM))
        assert await take_down(managing(url), (TEAM, OTHER_TEAM)) == []
        with pytest.raises(Misconfigured, match="no team"):
            await take_down(managing(url), ())
    held = json.dumps({"pipelines": [{"team_id": TEAM.upper()}]}).encode()
    async with scripted(http(200, held)) as server:
        assert await take_down(managing(server.url), (TEAM, OTHER_TEAM)) == [TEAM]


async def test_several_teams_are_one_call() -> None:
    """One team that differs is enough to send it, and the others are the same as before."""
    async with fake() as (api, _, management):
        await apply(management, pipeline(PUBSUB, TEAM))
        applied = await apply(management, pipeline(PUBSUB, TEAM, OTHER_TEAM))
        assert applied.before[TEAM] == []
        assert applied.is_right
        assert api.pipelines.calls["POST"] == 2


async def test_another_password_is_sent_and_not_told() -> None:
    """What the broker's new URI replaces, in a sentence without either password."""
    async with fake() as (api, _, management):
        old = RABBIT.uri.get_secret_value().replace(MARKER, f"old{MARKER}")
        await apply(management, pipeline(type(RABBIT)(type(RABBIT.uri)(old), RABBIT.exchange)))
        applied = await apply(management, pipeline())
        assert api.pipelines.calls["POST"] == 2
    lines = list(applied.lines())
    assert lines[0].endswith("rabbitmq.uri: amqps://junction:***@broker.example.org/health, with another secret")
    assert MARKER not in str(lines) + repr(applied)


async def test_set_up_looks_at_everything_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that Junction cannot use, and an address from a folder's `.env`, are refused before a call is made."""
    monkeypatch.chdir(tmp_path)
    async with fake() as (api, url, _):
        with pytest.raises(Misconfigured, match="no exchange"):
            await set_up(managing(url), pipeline(type(RABBIT)(RABBIT.uri, "")))
        (tmp_path / ".env").write_text(f"STREAMS_JUNCTION_MANAGEMENT_URL={url}\n")
        with pytest.raises(Misconfigured, match="may not say where a login of your broker is sent"):
            await set_up(managing(url), pipeline())
        assert not api.pipelines.calls
        (tmp_path / ".env").unlink()
        assert (await set_up(managing(url), pipeline())).is_right


class Hiding(FakePipelines):
    """A fake that shows no secret, as Junction may."""

    async def answer(self, request: Request) -> Response:
        said = await super().answer(request)
        return Response(bytes(said.body).replace(MARKER.encode(), b"********"), said.status_code)


async def test_what_junction_hides_is_sent_each_time() -> None:
    """Nobody can see whether it is the same, so it is sent, and that is said; it is no error."""
    async with fake(Hiding()) as (api, _, management):
        for times in (1, 2):
            applied = await apply(management, pipeline(HUBS))
            assert api.pipelines.calls["POST"] == times
            assert applied.is_right
    assert sum("cannot be seen" in line for line in applied.lines()) == 2


class HangingBehindPost(FakePipelines):
    """A fake that answers no GET behind the first POST, until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def answer(self, request: Request) -> Response:
        if request.method == "GET" and self.calls["POST"]:
            self.asked.set()
            await self.goes_on.wait()
        return await super().answer(request)


PROGRAM = """
import asyncio, sys
from connectors.junction.management import open_management
from connectors.junction.pipeline_setup import apply
from tests.connectors.junction.pipelines import managing, pipeline

async def main():
    async with open_management(managing(sys.argv[1])) as api:
        await apply(api, pipeline())

asyncio.run(main())
"""


async def test_a_kill_between_sending_and_reading_back_loses_nothing() -> None:
    """SIGKILL once the body was taken: the next run finds it as it was sent, and sends nothing."""
    pipelines = HangingBehindPost()
    async with fake(pipelines) as (_, url, management):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, url)
        await asyncio.wait_for(pipelines.asked.wait(), 60)
        process.kill()
        await process.wait()
        pipelines.goes_on.set()
        applied = await apply(management, pipeline())
    assert pipelines.calls["POST"] == 1
    assert applied.after is None


async def test_the_fake_answers_what_junction_publishes() -> None:
    """Its pipelines fit the published schema, closed, whatever of one was given."""
    schema = published("TeamETLPipelinesResponse")
    async with fake() as (_, url, management), httpx.AsyncClient(headers={"x-management-key": "mg_fake"}) as client:
        for place, target in enumerate(TARGETS):
            await apply(management, pipeline(target, f"{TEAM[:-1]}{place}"))
        answer = (await client.get(url + PATH)).json()
    assert len(answer["pipelines"]) == len(TARGETS)
    assert list(schema.iter_errors(answer)) == []


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"team_id": TEAM}, ["body", "team_id"]),
        ({"team_ids": ["x"]}, ["body", "team_ids", 0]),
        ({"rabbitmq": {"uri": "u", "exchange": "e", "vhost": "v"}}, ["body", "rabbitmq", "vhost"]),
        ({"rabbitmq": {"uri": "u"}}, ["body", "rabbitmq", "exchange"]),
        ({"preferences": {"preferred": "webhook", "enabled": []}}, ["body", "preferences", "preferred"]),
        ({"preferences": None}, ["body", "preferences"]),
        ({"push_historical_data": "yes"}, ["body", "push_historical_data"]),
        (
            {"azure_amqp": {"connection_string": "c", "default_event_hub": "h", "event_hub_matchers": [{}]}},
            ["body", "azure_amqp", "event_hub_matchers", 0],
        ),
    ],
)
async def test_the_fake_refuses_what_the_schema_does(change: dict[str, Any], loc: list[Any]) -> None:
    """422 with the place, for an unknown field, a missing one, a word that is none, a matcher without a target."""
    body = {**revealed(pipeline().body()), **change}
    async with fake() as (_, url, _), httpx.AsyncClient(headers={"x-management-key": "mg_fake"}) as client:
        answer = await client.post(url + PATH, json=body)
        assert (await client.get(url + PATH)).json()["pipelines"] == []
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == loc


@pytest.mark.parametrize("path", [PATH.replace(ORG, "o"), PATH.replace("/us", "/ap"), f"{PATH}?team_id=x"])
async def test_the_fake_refuses_odd_places(path: str) -> None:
    """An organisation or team that is no UUID, a region that is none."""
    async with fake() as (_, url, _), httpx.AsyncClient(headers={"x-management-key": "mg_fake"}) as client:
        assert (await client.get(url + path)).status_code == 422
        assert (await client.delete(url + path)).status_code == 422


async def test_the_fake_wants_the_management_key() -> None:
    """Another key is refused; so is an organisation that is none, with the setting to look at."""
    async with fake() as (_, url, _):
        async with open_management(managing(url, junction_management_key="mg_other")) as api:
            with pytest.raises(NotAuthorized):
                await there(api, TEAM)
        async with open_management(managing(url, junction_org_id="no-uuid")) as api:
            with pytest.raises(Misconfigured, match=r"path\.org_id"):
                await there(api, TEAM)
