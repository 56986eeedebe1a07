"""One run of the demo: nothing came yet, everything comes, a worker stands still, everything is done."""

import asyncio
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from deploy.grafana.live import Load, deliver, started
from streams.demo.stack import ENDPOINT, Stack
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import signed

NAMES = ("fresh", "load", "trouble", "after")
FILE = "moments.json"
LOAD = Load(users=8, days=3, history_days=10, rate=25)
FRESH_S, LOAD_S, TROUBLE_S, AFTER_S = 12, 60, 40, 20
SCRAPED_S = 3  # a scrape bears the time of its begin: one that the end of a process cuts short would be of before
STRANGERS = 40  # posts with a wrong secret; and a tenth of it that are no JSON
OPERATIONAL = b'{"type": "endpoint.disabled", "data": {"appId": "app_1", "endpointId": "ep_1"}}'


def record(folder: Path) -> None:
    """Fill `folder` with Prometheus' data, and with `moments.json`: when it began, and when each moment was."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "prometheus", ignore_errors=True)  # because there is none, or one of a run that was ended
    with started(Settings(), folder, LOAD) as (running, prometheus):
        times = {"began": prometheus.began_s, **_lived(running)}
    (folder / FILE).write_text(json.dumps(times))


def _lived(running: Stack) -> dict[str, float]:
    """When each moment was, in Unix seconds."""
    times = {"fresh": _after(FRESH_S)}
    sender = threading.Thread(target=deliver, args=(running, LOAD))
    sender.start()
    times["load"] = _after(LOAD_S)
    with _still(running.worker.pid):
        asyncio.run(_knock(running))
        times["trouble"] = _after(TROUBLE_S)
    sender.join()
    times["after"] = _after(AFTER_S)
    time.sleep(SCRAPED_S)
    return times


def _after(seconds: float) -> float:
    time.sleep(seconds)
    return time.time()


@contextmanager
def _still(pid: int) -> Iterator[None]:
    """A process, and those that it started, that do not run meanwhile."""
    os.killpg(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(pid, signal.SIGCONT)


async def _knock(running: Stack) -> None:
    """Strangers, bodies that nobody can read, and a word of Junction's delivery service."""
    stranger = "whsec_" + "A" * 32
    posts = [(stranger, b"{}")] * STRANGERS + [(running.secret, b"no JSON")] * (STRANGERS // 10)
    await _post(f"{running.gateway_url}/webhooks/{ENDPOINT}", [*posts, (running.secret, OPERATIONAL)])


async def _post(url: str, posts: Sequence[tuple[str, bytes]]) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        for number, (secret, body) in enumerate(posts):
            headers = signed(secret, f"msg_shot_{number}", int(time.time()), body)
            await client.post(url, content=body, headers=headers)
