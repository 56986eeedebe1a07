"""Who is measured: how each is started, and that it is ready."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import stamina

from benchmarks import _go
from benchmarks.gateway.deliveries import ENDPOINT
from streams.demo.cluster import jars, ports
from streams.demo.cluster.supervise import Child
from streams.ops.errors import Misconfigured

READY_S = 30
_QUEUE_BYTES = 256 * 2**20  # 512 bodies of 200 kB are more than it lets wait as it comes; the peer has no such limit


@dataclass(frozen=True)
class Place:
    """What all of them share: a Kafka, a secret, a folder for logs."""

    bootstrap_servers: str
    secret: str
    partitions: int
    folder: Path
    data_dir: Path


@dataclass(frozen=True)
class Running:
    """A contestant that answers. `is_python`: py-spy can look into it."""

    name: str
    pid: int
    port: int
    is_python: bool


@dataclass(frozen=True)
class _Start:
    command: list[str]
    env: Mapping[str, str]
    ready_port: int


_Contestant = Callable[[Place, int, int], _Start]  # (place, port, a second port)


def _ours(processes: int) -> _Contestant:
    def start(place: Place, port: int, admin_port: int) -> _Start:
        env = {
            "STREAMS_BOOTSTRAP_SERVERS": place.bootstrap_servers,
            "STREAMS_PARTITIONS": str(place.partitions),
            "STREAMS_ENDPOINTS": json.dumps({ENDPOINT: [place.secret]}),
            "STREAMS_GATEWAY_PORT": str(port),
            "STREAMS_GATEWAY_ADMIN_PORT": str(admin_port),
            "STREAMS_GATEWAY_PROCESSES": str(processes),
            "STREAMS_PUBLISH_QUEUE_BYTES_MAX": str(_QUEUE_BYTES),
        }
        return _Start([sys.executable, "-m", "streams.cli", "gateway"], env, admin_port)

    return start


def peer() -> Path:
    """The gateway in Go. Raises Misconfigured."""
    return _go.program(Path(__file__).parent / "peer", "the gateway")


def _go_peer(processors: int, *more: str) -> _Contestant:
    def start(place: Place, port: int, admin_port: int) -> _Start:
        words = {"listen": f"127.0.0.1:{port}", "brokers": place.bootstrap_servers, "secret": place.secret}
        words |= {"endpoint": ENDPOINT, "partitions": str(place.partitions)}
        command = [str(peer()), *(f"-{name}={value}" for name, value in words.items()), *more]
        return _Start(command, {"GOMAXPROCS": str(processors)}, port)

    return start


def _floor(what: str) -> _Contestant:
    def start(place: Place, port: int, admin_port: int) -> _Start:
        env = {
            "STREAMS_BOOTSTRAP_SERVERS": place.bootstrap_servers,
            "STREAMS_PARTITIONS": str(place.partitions),
            "STREAMS_ENDPOINTS": json.dumps({ENDPOINT: [place.secret]}),
        }
        return _Start([sys.executable, "-m", "benchmarks.gateway.floor", what, str(port)], env, port)

    return start


_ALL = {
    "ours_1": _ours(1),
    "go_1": _go_peer(1),
    "ours_2": _ours(2),
    "go_2": _go_peer(2),
    "goccy_1": _go_peer(1, "-quick-json"),
    "goccy_2": _go_peer(2, "-quick-json"),
    "floor_reply": _floor("reply"),
    "floor_verify": _floor("verify"),
    "floor_store": _floor("store"),
}
NAMES = list(_ALL)
USUAL = ["ours_1", "go_1", "ours_2", "go_2"]


@contextmanager
def started(names: Sequence[str], place: Place) -> Iterator[list[Running]]:
    """Each of them as a process, ready. One that cannot be built is left out, with a sentence; ours never is."""
    with ExitStack() as stack:
        running = []
        for name in names:
            try:
                running.append(stack.enter_context(_start(name, place)))
            except Misconfigured as error:
                if not name.startswith("go"):
                    raise
                jars.to_stderr(f"without {name}: {error}")
        yield running


@contextmanager
def _start(name: str, place: Place) -> Iterator[Running]:
    chosen = ports.choose(["public", "admin"], place.folder / f"{name}-ports.json")
    start = _ALL[name](place, chosen["public"], chosen["admin"])
    child = Child(start.command, place.folder / f"{name}.log", env=start.env)
    try:
        _await(child, start.ready_port)
        yield Running(name, child.pid, chosen["public"], not name.startswith("go"))
    finally:
        child.stop()


def _await(child: Child, port: int) -> None:
    try:
        for attempt in stamina.retry_context(on=httpx.HTTPError, attempts=None, timeout=READY_S, wait_max=0.2):
            with attempt:
                httpx.get(f"http://127.0.0.1:{port}/readyz").raise_for_status()
    except httpx.HTTPError:
        raise Misconfigured(f"it is not ready after {READY_S} s: {child.last_words()}") from None
