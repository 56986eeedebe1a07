"""`webhooks recover` whole: the program, a real gateway and Kafka, and a fake Junction and Svix that really deliver.

All tests share one gateway: each has hours of its own, in which what it misses was made.
"""

import asyncio
import json
import signal
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.demo.cluster import Cluster, ports
from streams.demo.processes import service, wait_for_door
from streams.events import new_message_id, topics
from streams.kafka import admin, registry
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.reader import Messages
from streams.ops.settings import Settings
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.serve import running
from streams.simulator.management.endpoint import SvixEndpoint, new_id
from streams.simulator.management.fake import FakeManagement
from streams.simulator.management.keys import SVIX_KEY
from streams.simulator.management.messages import SvixAttempt, SvixMessage, Trigger
from streams.simulator.management.state import SvixApp
from streams.simulator.world.world import World
from tests.cli.webhook_runs import Program, Ran
from tests.connectors.control.files import TEAM, text
from tests.connectors.webhook.gateways import SECRET, body_of
from tests.simulator.management.recipient import until
from tests.simulator.worlds import world

SLEEP = "daily.data.sleep.created"
HOUR_MS = 3_600_000


def ago_ms(hours: float) -> int:
    return int(time.time() * 1000 - hours * HOUR_MS)


@pytest.fixture(scope="module")
def door(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a gateway that runs as a process."""
    folder, prefix = tmp_path_factory.mktemp("recover"), f"t{uuid.uuid4().hex[:10]}"
    settings = Settings(
        _env_file=None,
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        topic_prefix=prefix,
        group_id=prefix,
        partitions=1,
        state_dir=folder,
        gateway_port=ports.random_free(),
        gateway_admin_port=ports.random_free(),
    )
    admin.apply(settings)
    registry.register(settings)
    with ExitStack() as stack:
        service(stack, "gateway", settings, SECRET, folder)
        wait_for_door(settings)
        yield settings


@dataclass
class Missed:
    """One endpoint at the fakes, and the program in a folder with its webhooks.toml."""

    program: Program
    api: FakeApi
    app: SvixApp
    endpoint: SvixEndpoint
    environment: dict[str, str]

    def message(self, at_ms: int, number: int) -> SvixMessage:
        """One that was made then, and nobody has tried to send."""
        id = new_message_id(at_ms, number.to_bytes(15, "big"))
        self.app.messages[id] = SvixMessage(id, SLEEP, body_of(), at_ms / 1000)
        return self.app.messages[id]

    def failed(self, at_ms: int, count: int) -> None:
        """So many that were given up then."""
        for number in range(count):
            made = self.message(at_ms + number, number)
            self.endpoint.log.record(
                SvixAttempt(
                    new_id("atmpt_", made.created_s), made.id, "", made.created_s, 500, "", 1, Trigger.SCHEDULED
                )
            )

    async def start(self, *arguments: str, **more: str) -> asyncio.subprocess.Process:
        return await self.program.start("recover", *arguments, **self.environment | more)

    async def run(self, *arguments: str, **more: str) -> Ran:
        return await self.program.run("recover", "--yes", "--wait", "1", *arguments, **self.environment | more)

    @property
    def journal(self) -> Path:
        return self.program.folder / ".webhooks-recover-junction.json"


SVIX = {"STREAMS_SVIX_TOKEN": SVIX_KEY}
NO_COMPARISON = "--no-reconcile"


@asynccontextmanager
async def missed(
    folder: Path, door: Settings | None, lived: World, key: str = "", **more: str
) -> AsyncIterator[Missed]:
    """`key`: of the Management API. `more`: of the program's environment."""
    fake = FakeManagement()
    api = FakeApi(lived, management=fake)
    app = fake.state.app(TEAM, "production")
    url = f"http://127.0.0.1:{door.gateway_port if door else 9}/webhooks/junction"
    endpoint = fake.state.add(
        app, {"url": url, "description": "[junction-streams:junction]", "disabled": False}, SECRET
    )
    (folder / "webhooks.toml").write_text(text(url=url))
    async with running(api) as fakes:
        own = {"STREAMS_SVIX_URL": fakes, "STREAMS_SVIX_APP_ID": app.id, "STREAMS_JUNCTION_URL": fakes}
        if door:
            own |= {
                "STREAMS_BOOTSTRAP_SERVERS": door.bootstrap_servers,
                "STREAMS_REGISTRY_URL": door.registry_url,
                "STREAMS_TOPIC_PREFIX": door.topic_prefix,
                "STREAMS_PARTITIONS": str(door.partitions),
            }
        yield Missed(Program(folder, fakes, key), api, app, endpoint, own | more)


@pytest.fixture(scope="module")
def lived() -> World:
    return world(users=4, days=2, end_ms=ago_ms(1))


async def test_with_a_token_everything_comes_back_and_a_second_run_brings_nothing_new(
    door: Settings, tmp_path: Path, lived: World
) -> None:
    """Failed and never tried; counted as the gateway stored them; the endpoint's own rate is there afterwards."""
    async with missed(tmp_path, door, lived, "mg_fake", **SVIX) as one:
        one.endpoint.rate_limit = 500
        one.failed(ago_ms(2.5), 5)
        one.message(ago_ms(2.4), 99)
        ran = await one.run("--since", "3h", "--until", "2h", NO_COMPARISON)
        assert ran.code == 0, ran.err + ran.out
        assert ran.out.startswith("Case: management key and Svix token")
        assert "5 failed messages in 1 rounds, 0 of them one by one; 1 never tried" in ran.out
        assert "arrived  6 messages of that time: 6 new, 0 known" in ran.out
        assert (one.endpoint.rate_limit, one.journal.exists()) == (500, False)
        again = await one.run("--since", "3h", "--until", "2h", NO_COMPARISON, "--json")
        said = json.loads(again.out)
        assert (again.code, said["messages"]) == (0, {"arrived": 0, "new": 0, "known": 0})
        assert (said["not_brought_back"], said["steps"]) == ([], [])


async def test_killed_in_the_middle_the_next_run_puts_the_rate_back(
    door: Settings, tmp_path: Path, lived: World
) -> None:
    """And brings the rest: each message is stored, and none is asked for that came before."""
    async with missed(tmp_path, door, lived, **SVIX) as one:
        one.endpoint.rate_limit = 500
        one.failed(ago_ms(4.5), 30)
        process = await one.start("--yes", "--rate", "10", "--since", "5h", "--until", "4h")
        await until(lambda: one.endpoint.rate_limit == 10 and one.endpoint.log.attempts[-1].is_success)
        process.kill()
        await process.communicate()
        assert (one.endpoint.rate_limit, one.journal.exists()) == (10, True)
        ran = await one.run("--since", "5h", "--until", "4h", NO_COMPARISON)
        assert ran.code == 0, ran.err
        assert ran.out.startswith("Case: Svix token, no management key")
        assert "it is 500 a second again" in ran.err
        assert (one.endpoint.rate_limit, one.journal.exists()) == (500, False)
        stored = [message for message in one.app.messages if any(a.is_success for a in one.endpoint.log.of(message))]
        assert len(stored) == 30


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_stopped_in_the_middle_it_puts_the_rate_back(
    tmp_path: Path, lived: World, number: signal.Signals, code: int
) -> None:
    """At once, without a traceback."""
    async with missed(tmp_path, None, lived, **SVIX) as one:
        one.failed(ago_ms(1), 30)
        process = await one.start("--yes", "--rate", "10", "--since", "2h")
        await until(lambda: one.endpoint.rate_limit == 10)
        process.send_signal(number)
        _, err = await asyncio.wait_for(process.communicate(), 10)
        assert (process.returncode, b"Traceback" in err) == (code, False), err
        assert (one.endpoint.rate_limit, one.journal.exists()) == (None, False)


async def test_a_disabled_endpoint_is_a_persons(tmp_path: Path, lived: World) -> None:
    """Exit 2, before anything is sent."""
    async with missed(tmp_path, None, lived, **SVIX) as one:
        one.endpoint.is_disabled = True
        ran = await one.run("--since", "2h")
        assert ran.code == 2
        assert "is disabled, and Svix would send it nothing: enable it" in ran.err
        assert not one.api.management.svix.calls.keys() & {"recover", "replay_missing", "patch_endpoint"}


async def test_without_a_token_junction_is_asked_and_the_dashboards_steps_are_seen(
    door: Settings, tmp_path: Path, lived: World
) -> None:
    """Labs, the gap of wearables, and what the steps bring while it waits; a checkout is named, which is exit 1."""
    async with missed(tmp_path, door, lived, "mg_fake", STREAMS_JUNCTION_API_KEY=KEY) as one:
        one.failed(ago_ms(6.5), 3)
        process = await one.start("--yes", "--wait", "6", "--since", "2d", "--until", "6h", NO_COMPARISON, "--json")
        assert process.stderr
        seen = ""
        while "waiting up to" not in seen:
            seen += (line := await asyncio.wait_for(process.stderr.readline(), 20)).decode()
            assert line, seen
        one.api.management.deliveries.again(one.app, one.endpoint, list(one.app.messages))
        out, err = await asyncio.wait_for(process.communicate(), 60)
        said = json.loads(out)
        assert process.returncode == 1, err
        assert said["case"].startswith("management key: ")
        assert said["messages"]["new"] == 3
        assert len(one.api.resent) == 1
        assert said["asked"][0] == "labs: 1 orders are sent again"
        assert [text.split(":")[0] for text in said["not_brought_back"]] == ["checkout"]
        assert "Replay missing messages" in seen
        assert len(said["steps"]) == 4
    name = f"{door.topic_prefix}.{topics.FETCH_PROGRESS}"
    with closing(Messages(door, [name], from_beginning=True)) as messages:
        asked = [message.key() for message in messages.until_now()]
    assert b"outage" in asked


async def test_stopped_while_it_waits_it_ends_at_once(door: Settings, tmp_path: Path, lived: World) -> None:
    """However long it was to wait."""
    async with missed(tmp_path, door, lived) as one:
        process = await one.start("--yes", "--since", "9h", "--until", "8h", NO_COMPARISON)
        assert process.stderr
        while b"waiting up to 900 s" not in (line := await asyncio.wait_for(process.stderr.readline(), 20)):
            assert line
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), 10)
        assert (process.returncode, b"Traceback" in err) == (130, False), err


async def test_with_the_dashboard_alone_the_longest_time_without_a_heartbeat_is_meant(
    door: Settings, tmp_path: Path, lived: World
) -> None:
    """The steps are printed with it; where nothing comes of them, that is told."""
    began_ms, ended_ms = ago_ms(30), ago_ms(12)
    producer = Producer(for_librdkafka(door))
    for at_ms in (began_ms, ended_ms):
        producer.produce(f"{door.topic_prefix}.{topics.HEARTBEATS}", b"", b"gateway", 0, timestamp=at_ms)
    assert producer.flush(10) == 0
    async with missed(tmp_path, door, lived) as one:
        ran = await one.run("--plan", "--json")
        said = json.loads(ran.out)
        assert (ran.code, said["case"][:14]) == (0, "dashboard only")
        since, until_ = (
            time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(ms / 1000)) for ms in (began_ms, ended_ms)
        )
        assert (said["since"], said["until"]) == (since, until_)
        assert {way["families"]: way["how"] for way in said["plan"]} == {
            "all": "by hand",
            "labs": "by hand",
            "wearables": "api",
            "history": "by hand",
            "connections": "by hand",
            "query results": "by hand",
            "checkout": "nothing",
        }
        ran = await one.run()
        assert ran.code == 1
        assert "missing  all: nothing of that time has arrived; were the dashboard's steps taken?" in ran.out
        assert "nobody is compared with Junction: STREAMS_JUNCTION_API_KEY is not set" in ran.err


async def test_what_is_older_than_svix_keeps_comes_from_junction(tmp_path: Path, lived: World) -> None:
    """Both are done; without Kafka the gap cannot be asked for, and that is told, not skipped."""
    async with missed(tmp_path, None, lived, STREAMS_JUNCTION_API_KEY=KEY, **SVIX) as one:
        ran = await one.run("--since", "100d", NO_COMPARISON)
        assert ran.code == 1, ran.err
        assert one.api.management.svix.calls["recover"] == 0
        assert one.api.management.svix.calls["replay_missing"] == 7
        assert "asked    labs: 0 orders are sent again" in ran.out
        assert "missing  wearables: no Kafka: set STREAMS_BOOTSTRAP_SERVERS" in ran.out
        assert "missing  checkout: nothing has it any more" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "2h", "--until", "3h"), "--since is not before --until"),
        (("--since", "2999-01-01T00:00:00Z"), "--since is not in the past"),
    ],
)
async def test_a_time_that_cannot_be_meant(
    tmp_path: Path, lived: World, arguments: tuple[str, ...], words: str
) -> None:
    """Exit 2."""
    async with missed(tmp_path, None, lived, **SVIX) as one:
        ran = await one.run(*arguments)
        assert ran.code == 2
        assert words in ran.err
