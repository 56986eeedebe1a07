"""The real program, `webhooks ...`, against the fake Management API on a port."""

import asyncio
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.forked import run_command

RUN_S = 300.0


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Program:
    """In `folder`, with a management key and the address of a fake; `more`: of the environment."""

    folder: Path
    url: str
    key: str = "mg_fake"

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "XDG_STATE_HOME": os.devnull,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "STREAMS_JUNCTION_MANAGEMENT_URL": self.url,
            "STREAMS_JUNCTION_MANAGEMENT_KEY": self.key,
            "STREAMS_JUNCTION_TRIES": "2",
            **more,
        }

    async def start(self, *arguments: str, **more: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "streams.cli", "webhooks", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.folder,
            env=self.environment(**more),
        )

    async def run(self, *arguments: str, **more: str) -> Ran:
        run = partial(
            run_command, "webhooks", *arguments, env=self.environment(**more), cwd=self.folder, timeout_s=RUN_S
        )
        ended = await asyncio.to_thread(run)
        return Ran(ended.returncode, ended.stdout, ended.stderr)
