"""The demo's processes: Kafka and registry (embedded, mock, or the user's own), the gateway and one worker."""

import base64
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import stamina
from pydantic import SecretStr

from streams.demo.cluster import Cluster, MockCluster, missing, ports
from streams.demo.cluster.supervise import Child
from streams.demo.watch import http, scrape
from streams.kafka import admin, registry
from streams.ops.errors import Misconfigured
from streams.ops.settings import LOCAL_REGISTRY, Settings
from streams.simulator.api.options import KEY as API_KEY
from streams.simulator.calendar import iso
from streams.simulator.people import stories
from streams.simulator.world.world import World

ENDPOINT = "junction"
PARTITIONS = 4
READY_S = 60
API_PORT = 8090
API_PAGE_SIZE = 2000
Say = Callable[[str], None]
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Stack:
    """Where everything is. `kind` says in a few words what Kafka this is."""

    settings: Settings
    secret: str
    kind: str
    folder: Path
    gateway: Child
    worker: Child
    fetcher: Child | None = None
    api_url: str = ""
    more_targets: tuple[tuple[str, str], ...] = ()

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.gateway_port}"

    @property
    def worker_metrics_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.metrics_port}/metrics"

    @property
    def targets(self) -> dict[str, str]:
        """Where each process tells its metrics, `host:port` by job."""
        gateway, worker = self.settings.gateway_port, self.settings.metrics_port
        return {"gateway": f"127.0.0.1:{gateway}", "worker": f"127.0.0.1:{worker}", **dict(self.more_targets)}

    def also(self, job: str, port: str) -> "Stack":
        """With one more process that tells metrics."""
        return replace(self, more_targets=(*self.more_targets, (job, f"127.0.0.1:{port}")))


@contextmanager
def start(
    settings: Settings,
    keep: Path | None,
    say: Say,
    world: World | None = None,
    *,
    is_short: bool = True,
    has_notify: bool = False,
    more: Mapping[str, str] = _NOTHING,
) -> Iterator[Stack]:
    """Everything up and ready to receive; everything gone at the end, what lies in `keep` excepted.

    `world`: one with history, which the fake API then serves and a fetcher fetches. `has_notify`: alerts are brought to
    the log. `more`: settings of the fetcher, as environment variables.
    """
    with ExitStack() as stack:
        settings, kind, folder = _kafka(stack, settings, keep, say)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        settings = _for_demo(settings, folder, secret, is_short=is_short)
        say("topics and schemas")
        if not settings.is_mock:
            admin.apply(settings)
        registry.register(settings)
        # The mock cluster's transactions cannot be read back by aiokafka, and fetched pages are written in them.
        has_history = world is not None and world.days_of_history > 0 and not settings.is_mock
        say("gateway, worker, fetcher and the fake API" if has_history else "gateway and worker")
        gateway = _service(stack, "gateway", settings, secret, folder)
        worker = _service(stack, "worker", settings, secret, folder, _rules(folder) if world else {})
        running = Stack(settings, secret, kind, folder, gateway, worker)
        if has_history and world:
            running = _with_history(stack, running, world, more, is_short=is_short)
        if has_notify:
            port = str(_port(0))
            _service(stack, "notify", settings, secret, folder, {"STREAMS_METRICS_PORT": port})
            running = running.also("notify", port)
        _wait_ready(running)
        yield running


def _with_history(stack: ExitStack, running: Stack, world: World, more: Mapping[str, str], *, is_short: bool) -> Stack:
    """The fake API over the same world, and a fetcher that asks it."""
    port = _port(0 if is_short else API_PORT)
    api = ["fake-api", "--port", str(port), "--end", iso(world.end_ms), "--page-size", str(API_PAGE_SIZE)]
    api += ["--users", str(world.users), "--days", str(world.days), "--seed", str(world.seed)]
    api += ["--history-days", str(world.days_of_history), "--generation", "mixed"]
    api += ["--stories"] * world.has_stories
    _child(stack, api, running.folder, {})
    url, metrics_port = f"http://127.0.0.1:{port}", str(_port(0))
    env = {
        **more,
        "STREAMS_JUNCTION_URL": url,
        "STREAMS_JUNCTION_API_KEY": API_KEY,
        "STREAMS_JUNCTION_REQUESTS_PER_S": "1000",
        "STREAMS_METRICS_PORT": metrics_port,
        "STREAMS_QUERY_URL": running.settings.query_address,
    }
    fetcher = _service(stack, "fetcher", running.settings, running.secret, running.folder, env)
    return replace(running, fetcher=fetcher, api_url=url).also("fetcher", metrics_port)


def _rules(folder: Path) -> dict[str, str]:
    """The rules that the stories of the world are made for, in a file to look at and to change."""
    file = folder / "rules.toml"
    file.write_text(stories.RULES, encoding="utf-8")
    return {"STREAMS_ALERT_RULES": str(file)}


def _kafka(stack: ExitStack, settings: Settings, keep: Path | None, say: Say) -> tuple[Settings, str, Path]:
    """Settings that point at a Kafka, what Kafka it is, and the folder for state and logs."""
    if settings.bootstrap_servers:
        return settings, f"your Kafka at {settings.bootstrap_servers}", _folder(stack, keep)
    lacking = missing()
    if lacking is None:
        cluster = stack.enter_context(Cluster(keep, partitions=PARTITIONS, progress=say))
        found = _at(settings, cluster.bootstrap_servers, cluster.registry_url)
        return found, "Apache Kafka 4.3 (embedded, KRaft)", cluster.data_dir
    say(f"{lacking} Going on with librdkafka's mock cluster: in memory, nothing survives, no promises hold.")
    wanted = {topic.name: PARTITIONS for topic in admin.layout_of(settings)}
    fake = stack.enter_context(MockCluster(wanted))
    found = _at(settings, fake.bootstrap_servers, LOCAL_REGISTRY)
    return found, "librdkafka's mock cluster (in memory)", _folder(stack, keep)


def _folder(stack: ExitStack, keep: Path | None) -> Path:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        return keep
    return Path(stack.enter_context(TemporaryDirectory(prefix="junction-streams-", ignore_cleanup_errors=True)))


def _at(settings: Settings, bootstrap_servers: str, registry_url: str) -> Settings:
    where = {"bootstrap_servers": bootstrap_servers, "registry_url": registry_url}
    return settings.model_copy(update={**where, "partitions": PARTITIONS})


def _for_demo(settings: Settings, folder: Path, secret: str, *, is_short: bool) -> Settings:
    """`is_short`: nobody will look for the usual ports, so that two of them may run side by side."""
    return settings.model_copy(
        update={
            "endpoints": {ENDPOINT: [SecretStr(secret)]},
            "gateway_port": _port(0 if is_short else settings.gateway_port),
            "metrics_port": _port(settings.metrics_port),
            "query_port": _port(settings.query_port),
            "state_dir": folder / "state",
        }
    )


def _port(wanted: int) -> int:
    """The wanted port when it is free, else one that nobody else is likely to take before its server does."""
    return wanted if wanted and ports.is_free(wanted) else ports.random_free()


def _service(
    stack: ExitStack, command: str, settings: Settings, secret: str, folder: Path, more: dict[str, str] | None = None
) -> Child:
    env = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_REPLICATION": str(settings.replication),
        "STREAMS_ENDPOINTS": f'{{"{ENDPOINT}": ["{secret}"]}}',
        "STREAMS_GATEWAY_PORT": str(settings.gateway_port),
        "STREAMS_METRICS_PORT": str(settings.metrics_port),
        "STREAMS_QUERY_PORT": str(settings.query_port),
        "STREAMS_STATE_DIR": str(settings.state_dir),
    }
    return _child(stack, [command], folder, {**env, **(more or {})})


def _child(stack: ExitStack, command: list[str], folder: Path, env: dict[str, str]) -> Child:
    args = [sys.executable, "-m", "streams.cli", *command]
    process = Child(args, folder / f"{command[0]}.log", env={**os.environ, **env})
    stack.callback(process.stop)
    return process


def _wait_ready(stack: Stack) -> None:
    for attempt in stamina.retry_context(on=(httpx.HTTPError, _NotReady), attempts=None, timeout=READY_S, wait_max=0.2):
        with attempt:
            for process, name in ((stack.gateway, "gateway"), (stack.worker, "worker"), (stack.fetcher, "fetcher")):
                if process and not process.running():
                    raise Misconfigured(f"the {name} stopped: {process.last_words()} (all of it: {process.log})")
            if http().get(f"{stack.gateway_url}/readyz").status_code != 200:
                raise _NotReady
            if not sum(value for _, value in scrape(stack.worker_metrics_url, "junction_engine_assigned_partitions")):
                raise _NotReady


class _NotReady(Exception):
    pass
