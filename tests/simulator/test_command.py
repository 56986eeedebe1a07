"""`simulate`: what it needs to be told, what it answers."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.simulator.api import command as fake_api
from streams.simulator.command import Options, end_of, find_target, make_world, simulate
from streams.simulator.world.notices import Notices
from tests.simulator.receiver import SECRET, Receiver, running

SETTINGS = Settings(_env_file=None)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver in a loop of its own: the command runs one itself."""
    receiver, ready, done = Receiver(), threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with running(receiver):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield receiver
    loops[0].call_soon_threadsafe(done.set)
    thread.join(10)


def test_a_run_sums_up_for_machines(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints one object on stdout that adds up, and exit code 0 says that all was accepted."""
    options = Options(url=receiver.url, secret=SECRET, users=3, days=1, as_json=True)
    assert simulate(SETTINGS, options) == 0
    summary = json.loads(capsys.readouterr().out)
    extra = summary["duplicates"] + summary["late"] + summary["lost_acks"]
    assert summary["accepted"] == summary["sent"] == summary["events"] + extra == receiver.stored.total()
    assert len(receiver.stored) == summary["events"]


def test_ctrl_c_sums_up_what_was_sent(receiver: Receiver, tmp_path: Path) -> None:
    """Stopped in the middle: the same object as at the end, over what the receiver has, and exit code 130."""
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    command = [sys.executable, "-m", "streams.cli", "simulate", "--url", receiver.url, "--secret-file", str(secret)]
    with subprocess.Popen([*command, "--json", "--rate", "50"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        # Of as many as there are connections the receiver may have what the sender has not heard of.
        while receiver.stored.total() < 10 + Options().connections:
            assert run.poll() is None
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
    summary = json.loads(out)
    assert run.returncode == 130, err
    assert 10 <= summary["accepted"] <= summary["sent"]
    assert summary["accepted"] <= receiver.stored.total() <= summary["sent"]
    assert b"Traceback" not in err


def test_a_secret_is_no_argument(receiver: Receiver) -> None:
    """Arguments are seen by everybody on the host: the old option says what to do, and does not repeat the secret."""
    command = [sys.executable, "-m", "streams.cli", "simulate", "--url", receiver.url, "--secret", SECRET]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "--secret-file" in ended.stderr
    assert SECRET not in ended.stderr


def test_refusals_are_exit_code_1(receiver: Receiver, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A refused delivery ends in 1, from a world or from files; each file's status is told."""
    other = "whsec_" + "QUJD" * 8
    assert simulate(SETTINGS, Options(url=receiver.url, secret=other, users=1, days=1)) == 1
    capsys.readouterr()
    (tmp_path / "one.json").write_bytes(b"{}")
    assert simulate(SETTINGS, Options(url=receiver.url, secret=other, from_folder=tmp_path, as_json=True)) == 1
    assert json.loads(capsys.readouterr().out) == {"sent": 1, "accepted": 0, "files": {"one.json": 401}}


def test_the_target_comes_from_the_settings(tmp_path: Path) -> None:
    """Without `--url` and `--secret`: this machine's gateway, its first endpoint, its newest secret, also of a file."""
    settings = Settings(_env_file=None, endpoints={"junction": [SECRET, "whsec_old"]}, gateway_port=8099)
    target = find_target(settings, Options())
    assert (target.url, target.secret) == ("http://127.0.0.1:8099/webhooks/junction", SECRET)
    named = find_target(settings, Options(url="http://gateway:8080/webhooks/junction"))
    assert named.secret == SECRET
    file = tmp_path / "junction"
    file.write_text(f"# newest first\n{SECRET}\nwhsec_old\n")
    in_file = Settings(_env_file=None, endpoints={"junction": f"file:{file}"})
    assert find_target(in_file, Options()).secret == SECRET


def test_what_is_missing_is_said() -> None:
    """No endpoint, no secret, an unknown word: each error says what to do, and no secret is in it."""
    with pytest.raises(Misconfigured, match="STREAMS_ENDPOINTS"):
        find_target(SETTINGS, Options())
    with pytest.raises(Misconfigured, match="--secret"):
        find_target(SETTINGS, Options(url="http://127.0.0.1:1/webhooks/other"))
    with pytest.raises(Misconfigured, match="old, new, mixed"):
        make_world(Options(generation="ancient"), 0)
    with pytest.raises(Misconfigured, match="timeseries"):
        make_world(Options(families=("samples",)), 0)


def test_history_and_notices_can_be_asked_for() -> None:
    """Days of history, an end, and shares of wrong notices reach the world; a wrong word is a sentence."""
    end_ms = end_of("2026-11-18T10:00:00Z")
    world = make_world(Options(history_days=30, notices=("early=0.1", "missing=0.2")), end_ms)
    assert (world.days_of_history, world.end_ms) == (30, 1_794_996_000_000)
    assert world.notices == Notices(early=0.1, missing=0.2)
    for wrong in ("sharks=0.1", "early", "early=x", "early=1.1", "early=nan"):
        with pytest.raises(Misconfigured, match="missing"):
            make_world(Options(notices=(wrong,)), end_ms)
    with pytest.raises(Misconfigured, match="--end"):
        end_of("yesterday")


def test_the_fake_api_prints_how_to_meet_it() -> None:
    """What `fake-api` prints makes the very world that it answers for, and points a client at it."""
    options = fake_api.Options(users=3, days=2, end="2026-11-18T10:00:00Z", notices=("early=0.5",), as_json=True)
    api = fake_api.make_api(options)
    said = json.loads(fake_api.where(options, api, "http://127.0.0.1:8090"))
    assert said["STREAMS_JUNCTION_URL"] == "http://127.0.0.1:8090"
    words = said["simulate"].split()
    values = dict(zip(words[2::2], words[3::2], strict=True))
    again = Options(
        users=int(values["--users"]),
        days=int(values["--days"]),
        seed=int(values["--seed"]),
        history_days=int(values["--history-days"]),
        notices=(values["--notice"],),
    )
    world, mine = make_world(again, end_of(values["--end"])), api.handlers.world
    assert list(world.people) == list(mine.people)
    assert [(event.user_id, event.created_at_ms) for event in world.events()] == [
        (event.user_id, event.created_at_ms) for event in mine.events()
    ]
