"""The real program, `trace`, `story`, `why` and `lineage ...`, with settings of a test."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from streams.cli import main
from streams.ops.settings import Settings

ROOT = Path(__file__).parents[2]
_KAFKA = ("bootstrap_servers", "registry_url", "topic_prefix", "group_id", "partitions")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def story(self) -> dict[str, Any]:
        """What `--json` printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True)
class LineageProgram:
    """In `folder`, where its index lies. `env`: settings, as environment variables."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str | bytes, **more: str) -> Ran:
        """In this process: to start one takes a second of CPU."""
        out, err, mask = io.StringIO(), io.StringIO(), os.umask(0)
        argv = ["junction-streams", *map(os.fsdecode, arguments)]
        try:
            with (
                patch.dict(os.environ, self._environment(more), clear=True), patch.object(sys, "argv", argv),
                chdir(self.folder), redirect_stdout(out), redirect_stderr(err),
            ):  # fmt: skip
                main()
            code: Any = 0
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            os.umask(mask)
        return Ran(int(code), out.getvalue(), err.getvalue())

    @contextmanager
    def serving(self, port: int, **more: str) -> Iterator["Serving"]:
        """`lineage serve` on a port, until the block ends; then it gets SIGTERM."""
        log = self.folder / "serve.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "lineage", "serve"],
                stderr=file,
                cwd=self.folder,
                env=self._environment({"STREAMS_CONSOLE_PORT": str(port), **more}),
            )
        try:
            yield Serving(process, log, port)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        own = {"XDG_STATE_HOME": os.devnull, "PYTHONPATH": str(ROOT), "STREAMS_LINEAGE_DIR": str(self.folder / "index")}
        return {**own, **self.env, **more}


@dataclass(frozen=True)
class Serving:
    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def events(self) -> list[str]:
        """What it has logged, by name."""
        return [json.loads(line)["event"] for line in self.log.read_text().splitlines()]

    def told(self, event: str, within_s: float = 60.0) -> None:
        """Return when it has logged this."""
        until_s = time.monotonic() + within_s
        while event not in self.events():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until_s, self.log.read_text()
            time.sleep(0.05)


def kafka_of(settings: Settings) -> dict[str, str]:
    """Where Kafka is, as environment variables."""
    return {f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in _KAFKA}
