"""`trace`, `story` and `why` beside a gateway and a worker that run: right endings, no value that nobody asked for, and
`lineage serve` as a process: its folder and port are its own, it stops when it is told, who is forgotten stays away."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stamina

from streams.demo import stack, startup
from streams.demo.cluster import Cluster
from streams.events.message_ids import new_message_id
from streams.lineage.known import Reach
from streams.lineage.serving.client import open_console
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from tests.agents.test_privacy import DATA, MARKERS, USER, planted
from tests.agents.test_privacy import told as has_marker
from tests.cli.lineage_runs import LineageProgram, kafka_of
from tests.lineage.asking.yard import now_ms
from tests.waiting import committed

SLEEP, HEART, ERROR = "daily.data.sleep.created", "daily.data.heartrate.created", "provider.connection.error"
NIGHT = planted(planted(DATA[SLEEP], ("type",), MARKERS[2]), ("new_field",), MARKERS[0])
CHANGED = planted(planted(NIGHT, ("type",), MARKERS[0]), ("updated_at",), "2026-06-03T07:15:00+00:00")
SAMPLES = planted(DATA[HEART], ("data", 0, "value"), float(MARKERS[3]))
BROKEN = planted(DATA[ERROR], ("error_message",), MARKERS[0])
DEAD = [MARKERS[0]]
SENT = {
    "night": (SLEEP, NIGHT), "changed": (SLEEP, CHANGED), "samples": (HEART, SAMPLES), "error": (ERROR, BROKEN),
    "dead": (SLEEP, DEAD),
}  # fmt: skip
TIME = "2026-06-03T06:15:00Z"
QUESTIONS = [
    ("story", USER, "sleep"), ("story", USER, "sleep", "--day", "2026-06-03"),
    ("story", USER, "sleep", "--entity", "s1"), ("story", USER, "heartrate", "--at", TIME),
    ("why", USER, "sleep", "--day", "2026-06-03"), ("why", USER, "sleep"), ("why", USER, "connection"),
]  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """`ids`: of each delivery that was sent, by its name. `program`: asks the console that runs beside it."""

    running: stack.Stack
    ids: dict[str, str]
    program: LineageProgram


@pytest.fixture(scope="module")
def scene(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Gateway, worker and console, and all of SENT delivered."""
    at = {"bootstrap_servers": cluster.bootstrap_servers, "registry_url": cluster.registry_url}
    name, folder = f"t{now_ms()}", tmp_path_factory.mktemp("scene")
    settings = Settings(_env_file=None, topic_prefix=name, group_id=name, partitions=2, **at)  # type: ignore[arg-type]  # because all of them are texts
    ids = {name: new_message_id(now_ms(), n.to_bytes(15, "big")) for n, name in enumerate(SENT)}
    with startup.start(settings, folder, print) as running:
        asyncio.run(_sent(running, ids))
        committed(running.settings)
        _catch_up(running.settings)
        yield Scene(running, ids, LineageProgram(folder, kafka_of(running.settings) | _own(running)))


def _own(running: stack.Stack) -> dict[str, str]:
    return {
        "STREAMS_CONSOLE_PORT": str(running.settings.console_port),
        "STREAMS_ENDPOINTS": json.dumps({stack.ENDPOINT: [running.secret]}),
        "STREAMS_CONSOLE_GATEWAYS": running.gateway_admin_url,
    }


async def _sent(running: stack.Stack, ids: dict[str, str]) -> None:
    async with open_courier(Target(f"{running.gateway_url}/webhooks/{stack.ENDPOINT}", running.secret)) as courier:
        for name, (event_type, data) in SENT.items():
            body = json.dumps({"event_type": event_type, "user_id": USER, "team_id": "t", "data": data}).encode()
            assert await courier.insist(ids[name], body) == 204


def _catch_up(settings: Settings) -> None:
    """Return when the console has read all that is processed now."""
    at_ms = now_ms()
    for attempt in stamina.retry_context(on=(AssertionError, Unavailable), attempts=None, timeout=60, wait_max=0.2):
        with attempt:
            assert asyncio.run(_reach(settings)).as_of_ms >= at_ms


async def _reach(settings: Settings) -> Reach:
    async with open_console(settings) as console:
        return await console.reach()


def test_each_ending_has_its_code(scene: Scene) -> None:
    """Processed, dead and never seen, with the console; each with a sentence, places and a proof."""
    endings = {name: scene.program.run("trace", id, "--json") for name, id in scene.ids.items()}
    assert {name: one.story["ending"] for name, one in endings.items()} == {
        **dict.fromkeys(SENT, "processed"), "dead": "dead",
    }  # fmt: skip
    assert {one.code for one in endings.values()} == {0}
    proofs = [step for one in endings.values() for step in one.story["steps"] if step["kind"] == "signature"]
    assert [one["facts"]["verdict"] for one in proofs] == ["verified"] * len(SENT)
    never = scene.program.run("trace", new_message_id(now_ms(), b"n" * 15), "--json")
    assert (never.code, never.story["ending"]) == (1, "never_seen")


def test_no_value_that_nobody_asked_for(scene: Scene) -> None:
    """In no answer, on a terminal or for machines, is what was measured or who it is; `--values` shows it."""
    for question in [*(("trace", id) for id in scene.ids.values()), *QUESTIONS]:
        for more in ((), ("--json",)):
            ended = scene.program.run(*question, *more)
            assert ended.code in (0, 1, 2), ended.err
            assert ended.out
            assert not has_marker(ended.out + ended.err), question
    shown = scene.program.run("trace", scene.ids["night"], "--values").out
    assert MARKERS[2] in shown
    shown = scene.program.run("story", USER, "sleep", "--values").out
    assert MARKERS[0] in shown


def test_the_story_of_a_night(scene: Scene) -> None:
    """NEW, CHANGED and the dead letter in their order; what changed by name."""
    ended = scene.program.run("story", USER, "sleep", "--json")
    kinds = [step["kind"] for step in ended.story["steps"]]
    assert [one for one in kinds if one != "judged_otherwise"] == ["delivery", "delivery", "diff", "dead_letter"]
    assert "type" in json.dumps(next(one for one in ended.story["steps"] if one["kind"] == "diff")["facts"]["fields"])
    nobody = scene.program.run("story", "nobody", "sleep", "--json")
    assert (nobody.code, nobody.story["ending"]) == (1, "nothing")


def test_without_a_console_kafka_is_read(scene: Scene) -> None:
    """The same endings and sentences, after a sentence that says what is read; of what came later nothing is said."""
    away = {"STREAMS_CONSOLE_PORT": "9"}
    for question in (("trace", scene.ids["changed"]), ("trace", scene.ids["dead"]), ("story", USER, "sleep")):
        told, read = (scene.program.run(*question, "--json", **more) for more in ({}, away))
        assert [told.story[one] for one in ("ending", "sentence")] == [
            read.story[one] for one in ("ending", "sentence")
        ]
        assert "no console answers" in read.err
        assert "reading Kafka's topics from" in read.err
    early = scene.program.run(
        "trace", scene.ids["changed"], "--from-kafka", "--until", "2026-01-01T00:00:00Z", "--json"
    )
    assert (early.code, early.story["ending"]) == (0, "processed")
    assert "not told here" in early.story["sentence"]  # without its row the raw topic still has it


@pytest.mark.parametrize("more", [{"STREAMS_CONSOLE_PORT": "0"}, {"STREAMS_LINEAGE_DIR": "another"}])
def test_one_folder_one_port(scene: Scene, more: dict[str, str]) -> None:
    """A second console on the folder, or on the port, ends with 2 and says whose they are."""
    own = {"STREAMS_LINEAGE_DIR": str(scene.running.folder / "lineage")}
    ended = scene.program.run("lineage", "serve", **(own | more))
    assert ended.code == 2
    assert "another process keeps the lineage index" in ended.err or "is another console there?" in ended.err


def test_who_is_forgotten_stays_away(scene: Scene, tmp_path: Path) -> None:
    """A console that makes its index again does not bring the person back; it ends with 0 when it is told to."""
    program = LineageProgram(tmp_path, scene.program.env)
    assert program.run("lineage", "forget", USER).code == 0
    with program.serving(_free_port()) as console:
        console.told("index_is_current")
        asked: dict[str, Any] = {"STREAMS_CONSOLE_PORT": str(console.port)}
        assert program.run("story", USER, "sleep", "--json", **asked).story["ending"] == "nothing"
        assert program.run("story", USER, "sleep", "--json", "--from-kafka").story["ending"] == "nothing"
        told = console.log.read_text()
    assert console.process.returncode == 0
    assert console.events()[-1] == "stopped"
    assert USER not in told
    assert not has_marker(told)


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
