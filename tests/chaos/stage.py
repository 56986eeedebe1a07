"""The stage: Kafka, registry, gateway, workers, fetchers and a fake API as processes of their own, and a keeper that
starts again what ended.

The keeper is what a supervisor is in production: it starts again whatever ends by itself, after a moment.
"""

import base64
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from streams.demo.cluster import Cluster, ports
from streams.demo.cluster.supervise import Child
from streams.demo.processes import wait_for_door
from streams.events.record_bounds import ROOM_BYTES
from streams.kafka import admin, registry
from streams.ops.settings import Settings
from streams.tables.sources import WINDOW_DAYS
from tests.chaos import history, sinks
from tests.chaos.history import Jobs
from tests.chaos.proxy import Proxy
from tests.chaos.scenario import Scenario
from tests.chaos.sinks import Database
from tests.chaos.watch import Watch

ENDPOINT = "chaos"
KEEPER_S = 0.2
RULES_FILE = "rules.toml"
RESTART_S = 0.5  # a supervisor's pause before it starts again what ended
SESSION_S = 6.0  # the shortest that a broker allows by default


@dataclass
class Stage:
    """What acts act on. `wanted`: names of services that ought to run; the keeper sees to it. `commands`: by the name
    without its number. `jobs`: where there are fetchers. `naps`: by (place, whether somebody came there)."""

    cluster: Cluster
    settings: Settings
    folder: Path
    scenario: Scenario
    secret: str
    proxy: Proxy | None = None
    watch: Watch | None = None
    jobs: Jobs | None = None
    commands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    wanted: dict[str, Child | None] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    naps: Counter[tuple[str, bool]] = field(default_factory=Counter)
    lock: threading.RLock = field(default_factory=threading.RLock)
    database: Database | None = None
    undo: ExitStack = field(default_factory=ExitStack)

    # Names

    @property
    def workers(self) -> list[str]:
        """Names of the workers that ought to run."""
        return sorted(name for name in self.wanted if kind(name) == "w")

    @property
    def fetchers(self) -> list[str]:
        """Names of the fetchers that ought to run."""
        return sorted(name for name in self.wanted if kind(name) == "f")

    @property
    def sinks(self) -> list[str]:
        """Names of the sinks that ought to run."""
        return sorted(name for name in self.wanted if kind(name) == "s")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.gateway_port}/webhooks/{ENDPOINT}"

    def state(self, worker: str) -> Path:
        return self.folder / "state" / worker

    # Services

    def start(self, name: str) -> None:
        """Start a service, or start it again; from now on it is kept running."""
        with self.lock:
            args = [sys.executable, *self.commands[kind(name)]]
            self.wanted[name] = Child(args, self.folder / f"{name}.log", env=self._env(name))

    def kill(self, name: str) -> None:
        """SIGKILL; the keeper starts it again."""
        with self.lock:
            child, self.wanted[name] = self.wanted.get(name), None
            if child:
                child.kill()
                self.killed[kind(name)] += 1

    def stop(self, name: str) -> None:
        """SIGTERM and wait; it stays down until `start`."""
        with self.lock:
            child = self.wanted.pop(name, None)
        if child and not child.stop():
            self.ended[f"{name} did not stop in 30 s"] += 1

    def send(self, name: str, number: signal.Signals) -> None:
        """A signal to the process itself."""
        child = self.wanted.get(name)
        if child and child.running():
            os.kill(child.pid, number)

    def wipe(self, worker: str) -> None:
        """Delete a worker's, or a fetcher's, state. It must not run."""
        with suppress(FileNotFoundError):  # it may have none yet
            shutil.rmtree(self.state(worker))

    def pick(self, chance: Random) -> str:
        """One of the workers."""
        return chance.choice(self.workers)

    def await_progress(self, timeout_s: float) -> bool:
        """Wait until the group commits something that it had not when this was called."""
        deadline_s, before = time.monotonic() + timeout_s, self.watch.progress if self.watch else 0
        while self.watch and time.monotonic() < deadline_s:
            if self.watch.progress > before:
                return True
            time.sleep(0.1)
        return False

    def keep(self) -> None:
        """Start again what ended, once; what it said last is remembered."""
        with self.lock:
            for name, child in list(self.wanted.items()):
                if child and not child.running():
                    self.ended[f"{name}: {_why(child)}"] += 1
                    self.wanted[name] = None
                if self.wanted[name] is None:
                    time.sleep(RESTART_S)
                    self.start(name)

    def stop_all(self) -> None:
        """Everything down, in order, workers together."""
        for child in self.wanted.values():
            if child:
                child.terminate()
        for name in list(self.wanted):
            self.stop(name)

    def _env(self, name: str) -> dict[str, str]:
        settings = self.settings
        more = {"STREAMS_ALERT_RULES": str(self.folder / RULES_FILE)} if self.scenario.alert_rules else {}
        if self.scenario.fetchers:
            more |= history.env(settings.junction_url)
        if self.database:
            more |= {"STREAMS_POSTGRES_URL": settings.postgres_url.get_secret_value()}
        return more | {
            "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "STREAMS_REGISTRY_URL": settings.registry_url,
            "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
            "STREAMS_GROUP_ID": settings.group_id,
            "STREAMS_PARTITIONS": str(settings.partitions),
            "STREAMS_REPLICATION": str(settings.replication),
            "STREAMS_ENDPOINTS": json.dumps({ENDPOINT: [self.secret]}),
            "STREAMS_GATEWAY_PORT": str(settings.gateway_port),
            "STREAMS_GATEWAY_ADMIN_PORT": str(settings.gateway_admin_port),
            "STREAMS_WORKER_ID": name,
            "STREAMS_STATE_DIR": str(self.state(name)),
            "STREAMS_RECORD_BYTES_MAX": str(settings.record_bytes_max),
            "STREAMS_BODY_BYTES_MAX": str(settings.body_bytes_max),
            "STREAMS_SAMPLES_WINDOW_DAYS": str(settings.samples_window_days),
            "STREAMS_SESSION_TIMEOUT_S": str(SESSION_S),
        }


def kind(name: str) -> str:
    """Of a service: its name without its number."""
    return name.rstrip("0123456789")


def _why(child: Child) -> str:
    """The sentence with which a program ends, where there is one, else the last trouble in its log."""
    ours = ("junction-streams: ", "chaos worker: ", "chaos fetcher: ", "chaos sink: ")
    said = [line for line in child.said().splitlines() if line.startswith(ours)]
    return said[-1] if said else child.last_words()


Say = Callable[[str], None]


@contextmanager
def set_up(scenario: Scenario, say: Say, cluster: Cluster | None = None, prefix: str = "junction") -> Iterator[Stage]:
    """The stage with every topic and schema, services not started yet; gone at the end, whatever happens.

    `cluster`: a running one to share; then `prefix` keeps scenarios apart.
    """
    with ExitStack() as stack:
        made = TemporaryDirectory(prefix="junction-chaos-", ignore_cleanup_errors=True)  # because the killed may write
        folder = Path(stack.enter_context(made))
        proxy = stack.enter_context(Proxy()) if scenario.is_proxied else None
        if cluster is None:
            say("starting Kafka")
            advertised = proxy.port if proxy else None
            cluster = stack.enter_context(
                Cluster(nodes=scenario.nodes, partitions=4, progress=say, advertised_port=advertised)
            )
            if proxy:
                proxy.aim(int(cluster.bootstrap_servers.rpartition(":")[2]))
        settings = _settings(cluster, folder, prefix, scenario)
        admin.apply(settings)
        registry.register(settings)
        secret = "whsec_" + base64.b64encode(Random(prefix).randbytes(24)).decode()
        (folder / RULES_FILE).write_text(scenario.alert_rules, encoding="utf-8")
        made_for = sinks.database(stack, scenario.database_mib) if scenario.sinks else None
        if made_for:
            settings = settings.model_copy(update={"postgres_url": made_for.server.url})
        stage = Stage(cluster, settings, folder, scenario, secret, proxy, database=made_for)
        stack.callback(stage.stop_all)
        stack.enter_context(stage.undo)
        yield stage


def _settings(cluster: Cluster, folder: Path, prefix: str, scenario: Scenario) -> Settings:
    at = ports.choose(["gateway", "gateway-admin", history.API], folder / "ports.json")
    return Settings(
        _env_file=None,
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        topic_prefix=prefix,
        group_id=f"{prefix}-group",
        partitions=4,
        replication=min(3, scenario.nodes),
        state_dir=folder / "state",
        gateway_port=at["gateway"],
        gateway_admin_port=at["gateway-admin"],
        junction_url=f"http://127.0.0.1:{at[history.API]}",
        # The worlds' deliveries are months old, a fetched page is of now: what came first would be forgotten at once.
        samples_window_days=0 if scenario.fetchers else WINDOW_DAYS,
        **_limits(scenario),
    )


def _limits(scenario: Scenario) -> dict[str, int]:
    limit = scenario.record_bytes_max
    return {"record_bytes_max": limit, "body_bytes_max": limit - ROOM_BYTES} if limit else {}


@contextmanager
def kept(stage: Stage) -> Iterator[None]:
    """Start all services, wait for the door, and keep them running in a thread until the end."""
    if stage.scenario.setup:
        stage.scenario.setup(stage, Random(0))
    scenario = stage.scenario
    names = [*(f"w{n}" for n in range(scenario.workers)), *(f"f{n}" for n in range(scenario.fetchers))]
    names += [f"s{n}" for n in range(scenario.sinks)]
    for name in ["gateway", *([history.API] if scenario.fetchers else ()), *names]:
        stage.start(name)
    wait_for_door(stage.settings)
    over = threading.Event()

    def loop() -> None:
        while not over.wait(KEEPER_S):
            stage.keep()

    keeper = threading.Thread(target=loop, name="keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
