"""Gateway: signed webhooks of 1 kB and 12 kB, verified, on Kafka with acks=all, answered.

The real command as its own process, on the embedded Kafka (one node, loopback). Generator, gateway and Kafka share the
machine's cores, so requests/s says what this machine does with all three; CPU seconds per 1,000 requests is the
gateway's own cost and travels better. "Cores busy" says what the bottleneck was; with "others" above 0.1, measure again
on a quiet machine.
"""

import argparse
import asyncio
import base64
import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import stamina
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks._load import Result, load, request
from streams.demo.cluster import Cluster, ports
from streams.demo.cluster.supervise import Child
from streams.events.message_ids import new_message_id
from streams.events.signature import sign
from streams.kafka import admin
from streams.ops.settings import Settings

ENDPOINT = "bench"
PREPARED = 400  # distinct deliveries, sent over and over: the gateway does not deduplicate
READY_S = 30


@dataclass(frozen=True)
class Row:
    """One measured load. CPU in seconds per 1,000 requests; `cores_busy` of how many by whom."""

    body_bytes: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    gateway_cpu_s_per_1000: float
    kafka_cpu_s_per_1000: float
    generator_cpu_s_per_1000: float
    gateway_rss_mb: float
    refused: int
    cores_busy: dict[str, float]


def body_of(user_id: str, bytes_wanted: int) -> bytes:
    """A heart-rate event of about that size, in Junction's current shape."""
    start = datetime(2026, 6, 3, tzinfo=UTC)
    sample = {"id": None, "timezone_offset": 7200, "type": None, "unit": "bpm"}
    envelope = {"event_type": "daily.data.heartrate.created", "user_id": user_id, "team_id": str(uuid4())}
    source = {"provider": "garmin", "type": "watch", "app_id": None, "device_id": None}
    samples = [
        sample | {"timestamp": (start + timedelta(seconds=15 * i)).isoformat(), "value": 55.0 + i % 40}
        for i in range(max(1, (bytes_wanted - 300) // 118))
    ]
    return json.dumps(envelope | {"data": {"source": source, "data": samples}}).encode()


def deliveries(port: int, secret: str, body_bytes: int) -> list[bytes]:
    """Signed requests, ready to be written to a socket."""
    now_s = int(time.time())
    made = []
    for _ in range(PREPARED):
        body, id_ = body_of(str(uuid4()), body_bytes), new_message_id(now_s * 1000, secrets.token_bytes(15))
        signed = {"svix-id": id_, "svix-timestamp": str(now_s), "svix-signature": sign(secret, id_, now_s, body)}
        made.append(request(port, f"/webhooks/{ENDPOINT}", signed, body))
    return made


@contextmanager
def gateway(settings: Settings, secret: str, log: Path) -> Iterator[Child]:
    """`junction-streams gateway` as a process, ready."""
    env = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_ENDPOINTS": json.dumps({ENDPOINT: [secret]}),
        "STREAMS_GATEWAY_PORT": str(settings.gateway_port),
        "STREAMS_GATEWAY_ADMIN_PORT": str(settings.gateway_admin_port),
    }
    child = Child([sys.executable, "-m", "streams.cli", "gateway"], log, env=env)
    try:
        for attempt in stamina.retry_context(on=httpx.HTTPError, attempts=None, timeout=READY_S, wait_max=0.2):
            with attempt:
                httpx.get(f"http://127.0.0.1:{settings.gateway_admin_port}/readyz").raise_for_status()
        yield child
    finally:
        child.stop()


def cpu_s(processes: list[psutil.Process]) -> float:
    """User and system time that the processes have had."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def machine_cpu_s() -> float:
    """Time that all cores together were busy with anything."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def measure(pid: int, port: int, secret: str, body_bytes: int, connections: int, seconds: float) -> Row:
    """One size of body."""
    requests = deliveries(port, secret, body_bytes)
    me, door = psutil.Process(), psutil.Process(pid)
    who = {
        "gateway": [door, *door.children(recursive=True)],
        "kafka": [child for child in me.children(recursive=True) if child.name() == "java"],
        "generator": [me],
    }
    asyncio.run(load(port, requests, connections=connections, seconds=0, warm_up_s=1))
    before, machine = {name: cpu_s(processes) for name, processes in who.items()}, machine_cpu_s()
    result = asyncio.run(load(port, requests, connections=connections, seconds=seconds, warm_up_s=0))
    used = {name: cpu_s(processes) - before[name] for name, processes in who.items()}
    used["others"] = max(0.0, machine_cpu_s() - machine - sum(used.values()))
    return row(body_bytes, result, used, seconds, sum(p.memory_info().rss for p in who["gateway"]))


def row(body_bytes: int, result: Result, used: dict[str, float], seconds: float, rss_bytes: int) -> Row:
    """Figures from what was counted."""
    done = len(result.seconds)
    return Row(
        body_bytes,
        round(done / seconds, 1),
        round(result.quantile_ms(0.5), 2),
        round(result.quantile_ms(0.99), 2),
        *(round(1000 * used[name] / done, 3) for name in ("gateway", "kafka", "generator")),
        round(rss_bytes / 1e6, 1),
        result.statuses.total() - done,
        {name: round(cpu / seconds, 2) for name, cpu in used.items()},
    )


def show(rows: list[Row]) -> None:
    """The figures as a person reads them: one column for each size of body."""
    table = Table(caption=f"{psutil.cpu_count()} cores, shared with the generator and Kafka", show_header=False)
    for name in Row.__dataclass_fields__:
        table.add_row(name, *(_shown(getattr(measured, name)) for measured in rows))
    Console().print(table)


def _shown(value: float | dict[str, float]) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name} {cores:.2f}" for name, cores in value.items())
    return f"{value:,}"


def main() -> int:
    """Exit code 1 when a request was answered with anything but 204."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 12 * 1024], metavar="BYTES")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    stamina.instrumentation.set_on_retry_hooks([])  # the gateway takes its second to start; that is no news
    with Cluster(registry=False) as cluster:
        settings = Settings(
            bootstrap_servers=cluster.bootstrap_servers,
            partitions=4,
            endpoints={ENDPOINT: [SecretStr(secret)]},
            gateway_port=ports.choose(["gateway"], cluster.data_dir / "gateway-port.json")["gateway"],
        )
        admin.apply(settings)
        with gateway(settings, secret, cluster.data_dir / "gateway.log") as child:
            rows = [
                measure(child.pid, settings.gateway_port, secret, size, options.connections, options.seconds)
                for size in options.sizes
            ]
    if options.json:
        print(json.dumps({"gateway": [asdict(r) for r in rows]}))
    else:
        show(rows)
    return int(any(r.refused for r in rows))


if __name__ == "__main__":
    sys.exit(main())
