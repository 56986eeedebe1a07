"""Everything that runs: Kafka and registry, the gateway, workers, and a reader of what they write.

No fetcher: nothing that it would fetch is asked for before the rates are over.
"""

import base64
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import stamina
from pydantic import SecretStr

from benchmarks import _go
from benchmarks._processes import family
from streams.demo.cluster import Cluster, ports
from streams.demo.cluster.supervise import Child
from streams.demo.processes import service
from streams.demo.stack import ENDPOINT
from streams.demo.watch import http, scrape
from streams.events import topics
from streams.kafka import admin, registry
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

READY_S = 60
_CLIENT = Path(__file__).parent / "client"


@dataclass(frozen=True)
class Stand:
    """What runs. `seen`: the file of the reader. `metrics_urls`: of workers. `is_traced`: alerts are timed so."""

    name: str
    settings: Settings
    endpoint: str
    secret: str
    folder: Path
    seen: Path
    metrics_urls: Sequence[str]
    processes: Mapping[str, list[psutil.Process]]
    children: Mapping[str, Child]
    is_traced: bool

    def sender(self, bodies: Path, offset: int, rate: float, seconds: float, connections: int) -> list[str]:
        """The command that plays bodies from that place of their file; the ids that were let in go to `accepted`."""
        words = {
            "address": f"127.0.0.1:{self.settings.gateway_port}",
            "path": f"/webhooks/{self.endpoint}",
            "secret": self.secret,
            "bodies": str(bodies),
            "offset": str(offset),
            "rate": str(rate),
            "seconds": str(seconds),
            "connections": str(connections),
            "accepted": str(self.accepted),
            "traced": str(self.is_traced).lower(),
        }
        return [str(client()), "send", *(f"-{name}={value}" for name, value in words.items())]

    @property
    def accepted(self) -> Path:
        return self.folder / "accepted"

    def check(self) -> None:
        """Raises Misconfigured when one of ours has ended."""
        for name, child in self.children.items():
            if not child.running():
                raise Misconfigured(f"the {name} ended: {child.last_words()}")


def client() -> Path:
    """The program that sends and reads. Raises Misconfigured where it cannot be built."""
    return _go.program(_CLIENT, "sender and reader")


@contextmanager
def started(workers: int, partitions: int, rules: str | None) -> Iterator[Stand]:
    """All of it, ready; gone at the end. `rules`: TOML. Raises Misconfigured, Unavailable."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(partitions=partitions))
        settings, secret = kafka_ready(cluster, partitions)
        folder = cluster.data_dir
        more = _rules(folder, rules)
        children = {"gateway": service(stack, "gateway", settings, secret, folder)}
        urls = []
        for number in range(workers):
            own = settings.model_copy(update=_own(folder / f"w{number}"))
            children[f"worker {number}"] = service(
                stack, "worker", own, secret, folder / f"w{number}", more | {"STREAMS_WORKER_ID": f"w{number}"}
            )
            urls.append(f"http://127.0.0.1:{own.metrics_port}/metrics")
        _await(children, settings, urls)
        seen = folder / "seen"
        children["reader"] = reader(stack, settings, seen, list(topics.clean_topics()))
        found = processes(cluster, {name: child.pid for name, child in children.items()})
        name = f"ours_{workers}"
        yield Stand(name, settings, ENDPOINT, secret, folder, seen, urls, found, children, rules is not None)


def kafka_ready(cluster: Cluster, partitions: int) -> tuple[Settings, str]:
    """Settings and a signing secret for a cluster that has our topics and schemas now."""
    settings, secret = _settings(cluster, partitions)
    admin.apply(settings)
    registry.register(settings)
    return settings, secret


def _settings(cluster: Cluster, partitions: int) -> tuple[Settings, str]:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    chosen = ports.choose(["public", "admin"], cluster.data_dir / "load-ports.json")
    made = Settings(
        _env_file=None,
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        partitions=partitions,
        endpoints={ENDPOINT: [SecretStr(secret)]},
        gateway_port=chosen["public"],
        gateway_admin_port=chosen["admin"],
    )
    return made, secret


def _own(folder: Path) -> dict[str, object]:
    """What differs between two workers of a group."""
    folder.mkdir()
    chosen = ports.choose(["metrics", "query"], folder / "ports.json")
    return {"state_dir": folder / "state", "metrics_port": chosen["metrics"], "query_port": chosen["query"]}


def _rules(folder: Path, rules: str | None) -> dict[str, str]:
    if rules is None:
        return {}
    file = folder / "rules.toml"
    file.write_text(rules, encoding="utf-8")
    return {"STREAMS_ALERT_RULES": str(file)}


def reader(stack: ExitStack, settings: Settings, seen: Path, short_names: Sequence[str]) -> Child:
    """The process that reads these topics and the offsets of the group, until the stack ends."""
    names = [f"{settings.topic_prefix}.{name}" for name in short_names]
    words = {"brokers": settings.bootstrap_servers, "group": settings.group_id, "topics": ",".join(names)}
    words |= {"whole": f"{settings.topic_prefix}.{topics.ALERTS}", "out": str(seen)}
    command = [str(client()), "read", *(f"-{name}={value}" for name, value in words.items())]
    child = Child(command, seen.with_suffix(".log"))
    stack.callback(child.stop)
    return child


def processes(cluster: Cluster, pids: Mapping[str, int]) -> dict[str, list[psutil.Process]]:
    """By who is told of: workers together."""
    assert cluster.registry
    found = {
        "kafka": family(cluster.kafka.children[1].pid),
        "registry": family(cluster.registry.children[1].pid),
    }
    for name, pid in pids.items():
        found.setdefault(name.partition(" ")[0], []).extend(family(pid))
    return found


def _await(children: Mapping[str, Child], settings: Settings, urls: Sequence[str]) -> None:
    """Until the gateway is ready and every partition has its worker."""
    wanted = settings.partitions * len(topics.SOURCES)
    for attempt in stamina.retry_context(on=Unavailable, attempts=None, timeout=READY_S, wait_max=0.2):
        with attempt, _answering():
            for name, child in children.items():
                if not child.running():
                    raise Misconfigured(f"the {name} ended: {child.last_words()}")
            http().get(f"http://127.0.0.1:{settings.gateway_admin_port}/readyz").raise_for_status()
            assigned = [sum(value for _, value in scrape(url, "junction_engine_assigned_partitions")) for url in urls]
            if sum(assigned) != wanted or not all(assigned):
                raise Unavailable(f"not every partition had its worker within {READY_S} s")


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise Unavailable(f"gateway or worker does not answer: {error}") from None


def stop_sender(sender: "subprocess.Popen[str]") -> None:
    """It never outlives a run that fails."""
    if sender.poll() is None:
        sender.terminate()
        sender.wait()
