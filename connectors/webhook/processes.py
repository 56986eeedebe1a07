"""Several gateway processes on one port: a parent that starts them, keeps them alive, and speaks for them.

Each process binds the port for itself (SO_REUSEPORT), so the kernel shares connections out; no request passes through
the parent. The parent has the admin listener: metrics are summed from files that all processes write (and that outlive
one that dies), readiness, secrets and what was refused are asked of each over a socket in a private folder.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from connectors.webhook.admin import Views, admin_app
from connectors.webhook.server import admin_server, listener, port_of
from streams.ops import log
from streams.ops.errors import Misconfigured
from streams.ops.metrics import TOLD_BY
from streams.ops.process import Process
from streams.ops.settings import Settings
from streams.status import refused_page
from streams.status.access import guard_of
from streams.status.refused_page import RefusedPage, RefusedQuery

_METRICS = "metrics"  # files of all processes, in the folder
_UDS, _LIFELINE = "_JUNCTION_GATEWAY_UDS", "_JUNCTION_GATEWAY_LIFELINE"
_AGAIN_S, _AGAIN_S_MAX = 0.5, 60.0  # before a process that ended is started again; twice as long each time
_MISCONFIGURED = 2  # the exit code of a command whose settings are wrong: starting it again is of no use
_ASK_S = 2.0
_UDS_BYTES_MAX = 100  # a socket's path may have 107 on Linux, 103 on macOS


class Place(NamedTuple):
    """What a process of several gets from its parent. `lifeline`: a file that ends when the parent does."""

    uds: str
    lifeline: int


def place() -> Place | None:
    """The place of this process among several; None for one that is alone, or the parent."""
    uds = os.environ.get(_UDS)
    return Place(uds, int(os.environ[_LIFELINE])) if uds else None


def public_socket(settings: Settings, *, is_shared: bool) -> socket.socket:
    """The bound socket for webhooks. Raises Misconfigured where it cannot be bound."""
    return _bound(settings.gateway_host, settings.gateway_port, "STREAMS_GATEWAY", is_shared=is_shared)


def _bound(host: str, port: int, setting: str, *, is_shared: bool = False, is_listening: bool = False) -> socket.socket:
    try:
        made = listener(host, port, is_shared=is_shared)
        if is_listening:
            made.listen()
        return made
    except OSError as error:
        raise Misconfigured(
            f"cannot listen on {host}:{port} ({error.strerror}): "
            f"set {setting}_HOST or {setting}_PORT to an address that is free"
        ) from None


def claimed(settings: Settings) -> socket.socket:
    """The socket of the admin listener, which listens from now on. Raises Misconfigured where a port is taken."""
    # First of all, and kept: of two gateways with the same settings one must not start, and the port for webhooks,
    # which several processes may share, would not tell them apart.
    own = _bound(settings.gateway_admin_host, settings.gateway_admin_port, "STREAMS_GATEWAY_ADMIN", is_listening=True)
    public_socket(settings, is_shared=False).close()
    return own


def log_listening(settings: Settings, public: socket.socket, admin: socket.socket) -> None:
    """One line that names both ports."""
    log.get("gateway").info(
        "listening",
        host=settings.gateway_host,
        port=port_of(public),
        admin_host=settings.gateway_admin_host,
        admin_port=port_of(admin),
        tls=settings.gateway_tls_cert_file is not None,
    )


async def supervise(settings: Settings, admin: socket.socket) -> None:
    """Run `gateway_processes` processes until SIGTERM or Ctrl-C. Raises Misconfigured when one cannot start."""
    held = public_socket(settings, is_shared=True)  # never listens; keeps the number of a port that was chosen
    with _folder() as folder:
        family = Family(settings, port_of(held), Path(folder))
        guard = guard_of(settings, settings.gateway_admin_host)
        server = admin_server(admin_app(family.views, settings.gateway_admin_host, guard))
        stopping = _on_signals(family)
        log_listening(settings, held, admin)
        try:
            async with asyncio.TaskGroup() as group:  # whichever ends with an error ends the other
                group.create_task(server.serve([admin]))
                await family.run(stopping)
                server.should_exit = True
        except* Misconfigured as errors:
            raise errors.exceptions[0] from None
        finally:
            held.close()
    log.get("gateway").info("stopped")


def _folder() -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix="junction-gateway-")
    except OSError as error:
        raise Misconfigured(
            f"no folder for temporary files can be made ({error.strerror}): set TMPDIR to one that is writable"
        ) from None


def _on_signals(family: "Family") -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, family.send, signal.SIGHUP)
    return stopping


class Family:
    """The processes. `views`: what their admin listener shows."""

    def __init__(self, settings: Settings, port: int, folder: Path) -> None:
        self._n, self._port, self._folder = settings.gateway_processes, port, folder
        self._connections_max = max(16, settings.gateway_connections_max // self._n)
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._logger = log.get("gateway")
        if len(os.fsencode(self._uds(self._n))) > _UDS_BYTES_MAX:
            raise Misconfigured(
                f"the path of {folder} is too long for sockets: set TMPDIR to a shorter one, such as /tmp"
            )
        (folder / _METRICS).mkdir()
        self.views = Views(self._trouble, self._secrets, self._refused, _summed(folder / _METRICS))

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set and all have ended. Raises Misconfigured when one cannot start."""
        read, write = os.pipe()
        try:
            async with asyncio.TaskGroup() as group:
                keeping = [group.create_task(self._keep(number, read, stopping)) for number in range(self._n)]
                group.create_task(self._end(stopping, keeping))
        except* Misconfigured as errors:
            raise errors.exceptions[0] from None
        finally:
            os.close(read)
            os.close(write)

    async def _end(self, stopping: asyncio.Event, keeping: "list[asyncio.Task[None]]") -> None:
        await stopping.wait()
        self.send(signal.SIGTERM)
        await asyncio.gather(*keeping)

    def send(self, number: signal.Signals) -> None:
        """A signal to each process."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)

    async def _keep(self, number: int, lifeline: int, stopping: asyncio.Event) -> None:
        has_run, pause_s = False, _AGAIN_S
        while not stopping.is_set():
            began_s = time.monotonic()
            process = self._running[number] = await self._start(number, lifeline)
            if stopping.is_set():  # the signal went to those that ran by then
                self.send(signal.SIGTERM)
            try:
                code = await process.wait()
            except asyncio.CancelledError:
                process.terminate()
                raise
            # What it had in flight is not: its gauges would be summed for ever.
            mark_process_dead(process.pid, str(self._folder / _METRICS))  # type: ignore[no-untyped-call]  # because prometheus-client has no types there
            if code == _MISCONFIGURED and not has_run:  # later it is a file that is wrong for now: the others go on
                raise Misconfigured("a gateway process could not start: see its line above")
            has_run = True
            if not stopping.is_set():
                self._logger.error("process_ended", process=number, code=code)
                pause_s = _AGAIN_S if time.monotonic() - began_s > _AGAIN_S_MAX else min(2 * pause_s, _AGAIN_S_MAX)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause_s)

    async def _start(self, number: int, lifeline: int) -> asyncio.subprocess.Process:
        uds = self._uds(number)
        uds.unlink(missing_ok=True)
        env = os.environ | {
            _UDS: str(uds),
            _LIFELINE: str(lifeline),
            "PROMETHEUS_MULTIPROC_DIR": str(self._folder / _METRICS),
            "STREAMS_GATEWAY_PORT": str(self._port),
            "STREAMS_GATEWAY_CONNECTIONS_MAX": str(self._connections_max),
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams.cli", "gateway", env=env, pass_fds=(lifeline,)
        )

    def _uds(self, number: int) -> Path:
        return self._folder / f"{number}.sock"

    async def _ask(self, path: str) -> list[httpx.Response | None]:
        """The answer of each process, None of one that does not answer."""
        return await asyncio.gather(*(self._ask_one(number, path) for number in range(self._n)))

    async def _ask_one(self, number: int, path: str) -> httpx.Response | None:
        transport = httpx.AsyncHTTPTransport(uds=str(self._uds(number)))
        async with httpx.AsyncClient(transport=transport, timeout=_ASK_S) as client:
            try:
                return await client.get(f"http://localhost{path}")
            except httpx.HTTPError:
                return None

    async def _trouble(self) -> str:
        answers = await self._ask("/readyz")
        found = ["a process does not answer" if one is None else str(one.json()["reason"]) for one in answers]
        return next(filter(None, found), "")

    async def _secrets(self) -> list[dict[str, Any]]:
        answers = enumerate(await self._ask("/secrets"))
        # Not summed: who rotates has to see whether each process has read the new ones.
        return [row | {"process": number} for number, one in answers if one is not None for row in one.json()]

    async def _refused(self, query: RefusedQuery) -> RefusedPage:
        answers = await self._ask(f"{refused_page.PATH}?{urlencode(refused_page.parameters(query))}")
        pages = [refused_page.decode(one.content) if one is not None else None for one in answers]
        return refused_page.merged(pages, query.limit)


def _summed(folder: Path) -> CollectorRegistry:
    """What the gateway's metrics are, summed over the files that its processes write."""
    made = CollectorRegistry()
    made.register(_Summed(folder))
    return made


class _Summed:
    def __init__(self, folder: Path) -> None:
        self._names = {family.name for metric in TOLD_BY[Process.GATEWAY] for family in metric.describe()}
        self._files: Any = MultiProcessCollector(None, path=str(folder))  # type: ignore[no-untyped-call]  # because prometheus-client has no types there

    def collect(self) -> Iterator[Metric]:
        """The gateway's own: a process writes what every module declares."""
        return (family for family in self._files.collect() if family.name in self._names)
