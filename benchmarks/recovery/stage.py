"""Gateway and workers on an embedded Kafka, under a steady stream of signed webhooks; what ends is started again."""

import asyncio
import base64
import json
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from streams.demo.cluster import Cluster, ports
from streams.demo.cluster.supervise import Child
from streams.demo.processes import wait_for_door
from streams.kafka import admin, registry
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.world.world import World

ENDPOINT = "recovery"
PARTITIONS = 4
USERS, DAYS = 40, 60
LOOK_S = 0.1
RESTART_S = 0.5  # a supervisor's pause before it starts again what ended
CONNECTIONS = 64  # of the sender


@dataclass
class Stage:
    """`wanted`: names of the services that ought to run. `ended`: how often one ended by itself, by its last words."""

    cluster: Cluster
    settings: Settings
    folder: Path
    wanted: dict[str, Child] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def secret(self) -> str:
        """What deliveries are signed with."""
        return self.settings.endpoints[ENDPOINT][0].get_secret_value()

    @property
    def url(self) -> str:
        """Where deliveries go."""
        return f"http://127.0.0.1:{self.settings.gateway_port}/webhooks/{ENDPOINT}"

    def start(self, name: str) -> None:
        """Start `gateway` or a worker (`w0`, `w1`, ...); from now on it is kept running."""
        command = [sys.executable, "-m", "streams.cli", "gateway" if name == "gateway" else "worker"]
        with self.lock:
            self.wanted[name] = Child(command, self.folder / f"{name}.log", env=self._env(name))

    def kill(self, name: str) -> None:
        """SIGKILL; it stays down until `start`."""
        with self.lock:
            self.wanted.pop(name).kill()

    def stop(self, name: str) -> None:
        """SIGTERM, and wait; it stays down until `start`."""
        with self.lock:
            self.wanted.pop(name).stop()

    def keep(self) -> None:
        """Start again what ended by itself."""
        with self.lock:
            for name, child in self.wanted.items():
                if not child.running():
                    self.ended[f"{name}: {_why(child)}"] += 1
                    time.sleep(RESTART_S)
                    self.start(name)

    def stop_all(self) -> None:
        """Everything down."""
        with self.lock:
            for child in self.wanted.values():
                child.terminate()
            for name in list(self.wanted):
                self.stop(name)

    def _env(self, name: str) -> dict[str, str]:
        settings = self.settings
        return {
            "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "STREAMS_REGISTRY_URL": settings.registry_url,
            "STREAMS_PARTITIONS": str(settings.partitions),
            "STREAMS_REPLICATION": str(settings.replication),
            "STREAMS_ENDPOINTS": json.dumps({ENDPOINT: [self.secret]}),
            "STREAMS_GATEWAY_PORT": str(settings.gateway_port),
            "STREAMS_GATEWAY_ADMIN_PORT": str(settings.gateway_admin_port),
            "STREAMS_SESSION_TIMEOUT_S": str(settings.session_timeout_s),
            "STREAMS_WORKER_ID": name,
            "STREAMS_STATE_DIR": str(self.folder / "state" / name),
        }


def _why(child: Child) -> str:
    """The sentence with which a process ends, where there is one."""
    said = [line for line in child.said().splitlines() if line.startswith("junction-streams: ")]
    return said[-1] if said else child.last_words()


@contextmanager
def running(workers: int, rate: float, session_timeout_s: float, logs: Path | None, nodes: int = 1) -> Iterator[Stage]:
    """A stage under load, on so many brokers; gone at the end. `logs`: where the logs of all processes are kept."""
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # because killed processes may write once more
        folder = Path(stack.enter_context(made))
        cluster = stack.enter_context(Cluster(partitions=PARTITIONS, nodes=nodes))
        stage = Stage(cluster, _settings(cluster, folder, session_timeout_s, nodes), logs or folder)
        stage.folder.mkdir(parents=True, exist_ok=True)
        stack.callback(_save, cluster, logs)
        admin.apply(stage.settings)
        registry.register(stage.settings)
        stack.callback(stage.stop_all)
        for name in ("gateway", *(f"w{number}" for number in range(workers))):
            stage.start(name)
        wait_for_door(stage.settings)
        stack.enter_context(_repeated(stage.keep))
        stack.enter_context(_sending(stage, rate))
        yield stage


def _settings(cluster: Cluster, folder: Path, session_timeout_s: float, nodes: int) -> Settings:
    at = ports.choose(["gateway", "gateway-admin"], folder / "ports.json")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    return Settings(
        _env_file=None,
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        partitions=PARTITIONS,
        replication=nodes,
        endpoints=json.dumps({ENDPOINT: [secret]}),
        gateway_port=at["gateway"],
        gateway_admin_port=at["gateway-admin"],
        session_timeout_s=session_timeout_s,
    )


def _save(cluster: Cluster, logs: Path | None) -> None:
    for log in cluster.data_dir.glob("*/*.log") if logs else ():
        (logs / log.name).write_bytes(log.read_bytes()) if logs else None


@contextmanager
def _repeated(call: Callable[[], None]) -> Iterator[None]:
    """A call again and again in a thread."""
    over = threading.Event()

    def loop() -> None:
        while not over.wait(LOOK_S):
            call()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _sending(stage: Stage, rate: float) -> Iterator[None]:
    """Deliveries of a simulated world at this rate, a tenth of them repeated, from a thread."""
    loop = asyncio.new_event_loop()
    attempts = schedule(World(1, USERS, DAYS, end_ms=int(time.time() * 1000)).events(), Faults(seed=1))

    async def send() -> None:
        async with open_courier(Target(stage.url, stage.secret, connections=CONNECTIONS, patience_s=600)) as courier:
            await courier.deliver(attempts, rate)

    task = loop.create_task(send())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
