"""How long `webhooks plan` takes for many endpoints, by how long Junction takes for each answer.

    python -m benchmarks webhook_plan [--endpoints N] [--answer-ms MS ...] [--json]

The command in a process of its own, from its start to its exit, against the fake Management API, which waits
before each answer. Each endpoint has headers, which are a call of their own; two fields of each differ.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import _command
from streams.simulator.api.app import FakeApi
from streams.simulator.api.serve import running
from streams.simulator.management.fake import FakeManagement
from streams.simulator.world.world import World

ORG, TEAM = (f"0c5b3f4e-0000-4000-8000-00000000000{n}" for n in range(2))
_DIFFERS = 2  # exit code of `plan` where something is to be done


@dataclass(frozen=True)
class Result:
    """`calls`: of the API. `seconds`: of the whole command."""

    endpoints: int
    answer_ms: float
    calls: int
    seconds: float


class _Slow:
    """An application that waits before each answer."""

    def __init__(self, app: Any, answer_ms: float) -> None:
        self._app, self._answer_ms = app, answer_ms

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(self._answer_ms / 1000)
        await self._app(scope, receive, send)


def _file(count: int) -> str:
    team = f'[team]\norg = "{ORG}"\nteam = "{TEAM}"\nenvironment = "production"\n'
    return team + "".join(
        f'[endpoint.e{n}]\nurl = "https://{n}.example.org/webhooks/e{n}"\nevents = ["*", "!labtest.*"]\n'
        f'rate_limit = 200\nheaders = {{ "X-Env" = "prod" }}\n'
        for n in range(count)
    )


async def measure(count: int, answer_ms: float) -> Result:
    """One run of the command."""
    fake = FakeManagement()
    app = fake.state.app(TEAM, "production")
    for n in range(count):
        fields = {"url": f"https://{n}.example.org/webhooks/e{n}", "description": f"[junction-streams:e{n}]"}
        fake.state.add(app, fields, None).put_headers({"X-Env": "prod"})
    api = FakeApi(World(seed=1, users=1, days=1, end_ms=1_795_000_000_000), management=fake)
    api.app.add_middleware(_Slow, answer_ms=answer_ms)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "webhooks.toml").write_text(_file(count))
        async with running(api) as url:
            began = time.perf_counter()
            code = await _plan(url, folder)
            seconds = time.perf_counter() - began
    if code != _DIFFERS:
        raise SystemExit(f"`webhooks plan` ended with {code}")
    return Result(count, answer_ms, sum(fake.webhooks.calls.values()), round(seconds, 2))


async def _plan(url: str, folder: str) -> int:
    keys = {"STREAMS_JUNCTION_MANAGEMENT_URL": url, "STREAMS_JUNCTION_MANAGEMENT_KEY": "mg_fake"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams.cli", "webhooks", "plan", "--json"),
        stdout=asyncio.subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, **keys, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    return await process.wait()


def main() -> int:
    parser = _command.parser("webhook_plan", __doc__)
    parser.add_argument("--endpoints", type=int, default=50)
    parser.add_argument("--answer-ms", type=float, nargs="+", default=[0.0, 100.0, 250.0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = [asyncio.run(measure(options.endpoints, answer_ms)) for answer_ms in options.answer_ms]
    if options.json:
        print(json.dumps([asdict(one) for one in results]))
        return 0
    for one in results:
        print(f"{one.endpoints} endpoints, {one.answer_ms:g} ms an answer: {one.calls} calls, {one.seconds} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
