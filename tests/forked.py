"""Processes that need no start-up: forked from one that has imported the program.

To start Python and import it takes a second of CPU, and tests start hundreds of commands and workers. What a process is
needed for stays: signals, exit codes, the environment, the folder, what is written to which of both outputs.
"""

import importlib
import multiprocessing
import os
import pkgutil
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

# What is imported when it is needed. Not all of the program: gRPC may not be imported before a fork.
_ROOMS = ("cli", "doctor", "engine", "kafka", "letters", "lineage.serving", "status")
_IMPORTED = (*(f"streams.{room}" for room in _ROOMS), "connectors.control")
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


class ForkedProcess:
    """A function in a process of its own, with what tests use of `subprocess.Popen`."""

    def __init__(
        self, function: Callable[[], None], env: Mapping[str, str], cwd: Path, outputs: tuple[Path, Path]
    ) -> None:
        """`function`: of a module, or a partial of one. `env`: all of its environment. `outputs`: files that what it
        writes is added to; an error's traceback goes to the second."""
        for path in outputs:
            path.touch(0o600)  # there at once, for who reads it
        self._process: ForkServerProcess = _FORKS.Process(target=_run, args=(function, dict(env), cwd, outputs))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, -N for signal N, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout_s: float) -> int:
        """Its exit code. Raises TimeoutExpired."""
        self._process.join(timeout_s)
        if (code := self.poll()) is None:
            raise TimeoutExpired(self._process.name, timeout_s)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def run_command(
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path | None = None,
    given: str = "",
    timeout_s: float = 60.0,
    before: Callable[[], None] | None = None,
) -> CompletedProcess[str]:
    """How `junction-streams` ended and what it wrote. `env`: all of its environment. `given`: what it reads on standard
    input. `before`: called first in its process; a function of a module, or a partial of one.

    Raises TimeoutExpired, and the process is killed.
    """
    with tempfile.TemporaryDirectory() as made:
        out, err, words = (Path(made, name) for name in ("out", "err", "in"))
        words.write_text(given, encoding="utf-8")
        process = ForkedProcess(_Command(arguments, words, before), env, cwd or Path.cwd(), (out, err))
        try:
            code = process.wait(timeout_s)
        except TimeoutExpired:
            process.kill()
            raise
        return CompletedProcess(arguments, code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


class _Command:
    """The program with these arguments."""

    def __init__(self, arguments: Sequence[str], given: Path, before: Callable[[], None] | None) -> None:
        self._arguments, self._given, self._before = arguments, given, before

    def __call__(self) -> None:
        os.dup2(os.open(self._given, os.O_RDONLY), 0)
        sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
        sys.argv = ["junction-streams", *self._arguments]
        if self._before:
            self._before()
        from streams.cli import main

        main()


def _run(function: Callable[[], None], env: dict[str, str], cwd: Path, outputs: tuple[Path, Path]) -> None:
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the server that forks ignores it
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    function()


def _import_all(rooms: Sequence[str]) -> None:
    for room in rooms:
        for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


if "pytest" not in sys.modules:  # in the server that forks
    _import_all(_IMPORTED)
