"""Kafka and the registry together, as a context manager."""

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.demo.cluster import jars
from streams.demo.cluster.jars import Progress, to_stderr
from streams.demo.cluster.kafka import Kafka
from streams.demo.cluster.locks import try_lock
from streams.demo.cluster.registry import Registry
from streams.demo.cluster.service import Service
from streams.ops import private
from streams.ops.errors import Misconfigured, StreamsError

LOCK = "in-use.lock"
_TEMP_PREFIX = "junction-streams-"
# After a SIGKILL of the former owner its JVMs, which hold the lock too, need a moment to be gone.
_LOCK_WAIT_S = 2.0


def missing() -> str | None:
    """What a person has to install before a Cluster can start, as a sentence; None when nothing is missing."""
    try:
        jars.check()
    except Misconfigured as error:
        return str(error)
    return None


class Cluster:
    """A real Kafka and a schema registry on loopback.

    `data_dir` keeps the data (and, while they are free, the ports) from one start to the next; None is a temporary
    folder, removed at the end. `nodes`: 3 means replication 3 with two in sync. `partitions`: of a topic created
    without a number. `advertised_port`: see Kafka. `broker`: the kind of Kafka. Raises Misconfigured when Java is
    missing, the folder is in use, or a process ends by itself; Unavailable when one does not answer in time.
    """

    data_dir: Path
    kafka: Kafka
    registry: Registry | None

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        registry: bool = True,
        nodes: int = 1,
        partitions: int = 4,
        progress: Progress = to_stderr,
        advertised_port: int | None = None,
        broker: type[Kafka] = Kafka,
    ) -> None:
        self._temporary = data_dir is None
        self._wanted_dir = data_dir
        self._with_registry = registry
        self._nodes = nodes
        self._partitions = partitions
        self._progress = progress
        self._advertised_port = advertised_port
        self._broker = broker
        self._services: list[Service] = []
        self._lock = -1

    @property
    def bootstrap_servers(self) -> str:
        """For `STREAMS_BOOTSTRAP_SERVERS`."""
        return self.kafka.bootstrap_servers

    @property
    def registry_url(self) -> str:
        """For `STREAMS_REGISTRY_URL`; "" without a registry."""
        return self.registry.url if self.registry else ""

    def __enter__(self) -> Self:
        files = jars.resolve(self._progress)
        self.data_dir = self._folder()
        self._lock = _lock(self.data_dir)
        held = (self._lock,)  # the children hold the folder's lock too: it is free when the last of them is gone
        self.kafka = self._broker(
            files,
            self.data_dir / "kafka",
            nodes=self._nodes,
            partitions=self._partitions,
            pass_fds=held,
            advertised_port=self._advertised_port,
        )
        self.registry = Registry(files, self.data_dir / "registry", pass_fds=held) if self._with_registry else None
        self._services = [service for service in (self.kafka, self.registry) if service]
        try:
            self._start()
        except StreamsError:
            self._stop(remove=False)  # the sentence names a log in the folder; a later start removes it
            raise
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Raise Misconfigured when a process has ended by itself."""
        for service in self._services:
            service.check()

    def stop(self) -> None:
        """Stop what runs; remove a temporary folder. Safe to repeat."""
        self._stop(remove=self._temporary)

    def _start(self) -> None:
        for service in self._services:  # both at once: each is busy for seconds
            service.launch()
        for service in self._services:
            service.wait()

    def _stop(self, *, remove: bool) -> None:
        if any(service.storing_classes for service in self._services):
            self._progress("stopping takes some seconds this once: it stores what makes later starts twice as fast")
        for service in self._services:
            service.stop(discard=self._temporary)
        if self._lock >= 0:
            if remove:
                shutil.rmtree(self.data_dir, ignore_errors=True)  # because a next start removes what is left
            os.close(self._lock)
            self._lock = -1

    def _folder(self) -> Path:
        if self._wanted_dir is None:
            remove_abandoned()
            return Path(tempfile.mkdtemp(prefix=_TEMP_PREFIX))
        folder = self._wanted_dir.expanduser().absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"cannot make {folder}: {error.strerror}; give the cluster another folder") from None
        if private.is_open(folder):
            self._progress(f"other users of this host can read {folder}: `chmod -R go= {folder}` makes it yours alone")
        return folder


def _lock(folder: Path) -> int:
    fd = try_lock(folder / LOCK, wait_s=_LOCK_WAIT_S)
    if fd is None:
        raise Misconfigured(
            f"{folder} is in use by another embedded cluster; stop that one (Ctrl-C), or give this one another folder"
        )
    return fd


def remove_abandoned(older_s: float = 60.0) -> None:
    """Temporary folders whose owner was killed. Being unlocked proves it; the age spares one that is just beginning."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_TEMP_PREFIX}*/{LOCK}"):
        with suppress(OSError):  # somebody else's, or another start is removing it right now
            if time.time() - lock.stat().st_mtime < older_s or lock.stat().st_uid != os.getuid():
                continue
            fd = try_lock(lock)
            if fd is not None:
                shutil.rmtree(lock.parent, ignore_errors=True)  # because a next start removes what is left
                os.close(fd)
