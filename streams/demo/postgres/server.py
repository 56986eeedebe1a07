"""One PostgreSQL on loopback, as a context manager. It ends with us, also when we are killed."""

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from streams.demo.cluster import ports
from streams.demo.cluster.cluster import LOCK, remove_abandoned
from streams.demo.cluster.jars import Progress, to_stderr
from streams.demo.cluster.locks import try_lock
from streams.demo.cluster.ports import LOOPBACK
from streams.demo.cluster.supervise import Child
from streams.demo.postgres import binaries
from streams.demo.postgres.making import DATA, DATABASE, ROLE, made, password
from streams.demo.postgres.user import User, place, unprivileged
from streams.ops.errors import Misconfigured, Unavailable

READY_TIMEOUT_S = 60.0
START_TRIES = 25
# Processes of a server that was killed hold its memory until they notice; a port may be lost after it was chosen.
_AGAIN = ("pre-existing shared memory block", "Address already in use")
_READY = "database system is ready to accept connections"
_PREFIX = "junction-streams-postgres-"
# Rows are health data, and statements and DETAIL quote them: the log has neither.
_SILENT = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}


class Postgres:
    """`data_dir` keeps data, password and, while it is free, the port; None is a temporary folder, removed at the end.

    `options`: settings of PostgreSQL. Raises Misconfigured where it cannot run here or ends by itself; Unavailable
    when it does not answer in time.
    """

    def __init__(
        self, data_dir: Path | None = None, *, options: dict[str, str] | None = None, progress: Progress = to_stderr
    ) -> None:
        self._wanted_dir, self._progress = data_dir, progress
        self._options = options or {}
        self._user: User = unprivileged()
        self._child: Child | None = None
        self._port = 0
        self._lock: int | None = None
        self.folder: Path

    @property
    def url(self) -> SecretStr:
        """For `STREAMS_POSTGRES_URL`, of the database `junction` and its owner."""
        return SecretStr(f"postgresql://{ROLE}:{password(self.folder)}@{LOOPBACK}:{self._port}/{DATABASE}")

    @property
    def port(self) -> int:
        """On loopback."""
        return self._port

    @property
    def pid(self) -> int:
        """Of the server, whose children serve the connections."""
        return self._running().pid

    def __enter__(self) -> Self:
        programs = binaries.resolve(self._progress)
        self.folder = self._folder()
        try:
            self._programs = made(programs, self.folder, self._user)
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _folder(self) -> Path:
        if self._wanted_dir is None:
            remove_abandoned()
            made = Path(tempfile.mkdtemp(prefix=_PREFIX))
            self._lock = try_lock(made / LOCK)  # the server holds it too: free when both are gone
            return made
        folder = place(self._wanted_dir, self._user)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"cannot make {folder}: {error.strerror}; give PostgreSQL another folder") from None
        if folder != self._wanted_dir:
            folder.parent.chmod(0o711)
            self._progress(f"PostgreSQL cannot run as root: as nobody, it keeps its data in {folder}")
        return folder

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._wanted_dir is None:
            shutil.rmtree(self.folder, ignore_errors=True)  # because nobody needs it
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def start(self) -> None:
        """Start it, on the port of the last time, and return when it takes connections."""
        for _ in range(START_TRIES):
            self._launch()
            try:
                self._wait()
            except Misconfigured:
                if not any(said in self._running().said() for said in _AGAIN):
                    raise
                time.sleep(0.2)
            else:
                return
        raise Unavailable(f"PostgreSQL does not start; its log: {self._running().log}")

    def _launch(self) -> None:
        self._port = ports.choose(["postgres"], self.folder / "postgres-ports.json")["postgres"]
        command: list[str | Path] = [self._programs / "bin" / "postgres", "-D", self.folder / DATA]
        for name, value in {**self._settings(), **self._options}.items():
            command += ["-c", f"{name}={value}"]
        held = () if self._lock is None else (self._lock,)
        self._child = Child(
            command, self.folder / "postgres.log", pass_fds=held, user=self._user.uid, group=self._user.gid
        )

    def stop(self) -> None:
        """End connections and stop. Safe to repeat."""
        if self._child:
            self._child.stop(signal.SIGINT)  # SIGTERM would wait for whoever is connected
            self._child = None

    def kill(self) -> None:
        """SIGKILL to the server; its children end when they notice."""
        self._running().kill()
        self._child = None

    def check(self) -> None:
        """Raise Misconfigured when it has ended by itself."""
        child = self._running()
        if not child.running():
            raise Misconfigured(f"PostgreSQL stopped by itself; look into {child.log}. It says: {child.last_words()}")

    def _settings(self) -> dict[str, str]:
        """On loopback alone, with no socket in a folder that others may reach; a temporary one need not be durable."""
        own = {"port": str(self._port), "listen_addresses": LOOPBACK, "unix_socket_directories": "", **_SILENT}
        return own if self._wanted_dir else own | {"fsync": "off"}

    def _running(self) -> Child:
        if self._child is None:
            raise Misconfigured("PostgreSQL was not started, or was stopped")
        return self._child

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        child = self._running()
        while _READY not in child.said():
            self.check()
            if time.monotonic() > deadline:
                raise Unavailable(f"PostgreSQL does not answer after {READY_TIMEOUT_S:.0f} s; its log: {child.log}")
            time.sleep(0.02)
