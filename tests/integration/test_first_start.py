"""The first start of everything, on a Kafka that is new."""

import json
import time
from pathlib import Path

import pytest

from streams.demo import startup
from streams.ops.settings import Settings
from streams.simulator.world.world import World

READY = {"gateway": "listening", "worker": "assigned", "fetcher": "assigned", "notify": "starting"}
PATIENCE_S = 60


def lines(log: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def wait_until_all_run(folder: Path) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        if all(any(line["event"] == event for line in lines(folder / f"{name}.log")) for name, event in READY.items()):
            return
        time.sleep(0.1)
    raise AssertionError("not every process has started")


@pytest.mark.usefixtures("java")
def test_a_healthy_first_start_warns_of_nothing(tmp_path: Path) -> None:
    """Gateway, worker, fetcher and notify start, run and stop without a line above "info" and without a traceback."""
    world = World(1, 1, 1, int(time.time()) * 1000, days_of_history=1)
    folder = tmp_path / "kept"
    with startup.start(Settings(_env_file=None), folder, print, world, has_notify=True):
        wait_until_all_run(folder)
    for name in READY:
        above = [line for line in lines(folder / f"{name}.log") if line["level"] not in ("debug", "info")]
        assert above == [], name
        assert "Traceback" not in (folder / f"{name}.log").read_text(), name
