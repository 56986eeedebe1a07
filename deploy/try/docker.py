"""The engine as others see it: `docker` on their path, and their place in its network."""

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from streams.ops.errors import Unavailable

# -m -p -n: docker is the engine's own program; the folders that it is told of are mounted there at their own paths.
_PROGRAM = '#!/bin/sh\nexec nsenter --target={pid} --mount --net --pid --wdns="$PWD" -- /usr/bin/docker "$@"\n'


class Docker:
    """An engine whose first process is `pid`, as this machine counts.

    `folder`, which the engine sees too, gets a `docker` that speaks to it, and is for temporary files.
    """

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid = pid
        program = folder / "docker"
        program.write_text(_PROGRAM.format(pid=pid))
        program.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TMPDIR": str(folder)}

    def inside(self, command: Sequence[str]) -> list[str]:
        """The command in the engine's network, with the files of this machine; it ends when we do."""
        return ["setpriv", "--pdeathsig=TERM", "nsenter", f"--target={self._pid}", "--net", "--", *command]

    def ask(self, *words: str, given: IO[bytes] | None = None) -> str:
        """What `docker ...` says. Raises Unavailable when it fails."""
        done = subprocess.run(
            ["docker", *words],  # noqa: S607  # because it is the one that we have put on the path
            env=self.environment,
            stdin=given or subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
            raise Unavailable("\n".join([f"docker {shlex.join(words)} failed:", *said[-20:]]))
        return done.stdout.decode().strip()

    def has(self, image: str) -> bool:
        """Whether the image is there."""
        return bool(self.ask("images", "--quiet", image))
