"""`junction-streams gateway` as it runs: uvicorn, a real Kafka, signals."""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from streams.demo.cluster import Cluster
from streams.events.signature import sign
from streams.kafka import admin
from streams.ops.settings import Settings
from tests.connectors.webhook.gateways import SECRET, body_of
from tests.connectors.webhook.gateways import signed as signed_at_fixed_time
from tests.kafka.test_publisher import read_kafka

WAIT_S = 60.0


def signed(body: bytes, id: str) -> dict[str, str]:
    now_s = int(time.time())
    return signed_at_fixed_time(body, id) | {
        "svix-timestamp": str(now_s),
        "svix-signature": sign(SECRET, id, now_s, body),
    }


class Gateway:
    """The command in a process of its own; its log is kept in a file."""

    def __init__(self, settings: Settings, folder: Path, **more: str) -> None:
        self.log = folder / "gateway.log"
        variables = {
            "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
            "STREAMS_GROUP_ID": settings.group_id,
            "STREAMS_PARTITIONS": str(settings.partitions),
            "STREAMS_GATEWAY_PORT": "0",
            "STREAMS_GATEWAY_ADMIN_PORT": "0",
            "STREAMS_ENDPOINTS": json.dumps({"junction": [SECRET]}),
            "STREAMS_PUBLISH_TIMEOUT_S": "4",
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "gateway"],
                env={"PATH": os.environ["PATH"]} | variables | more,
                stdout=out,
                stderr=out,
            )

    @property
    def url(self) -> str:
        """Known once it listens."""
        return self._listens("port")

    @property
    def admin(self) -> str:
        """The admin listener's, known once it listens."""
        return self._listens("admin_port")

    def _listens(self, port: str) -> str:
        deadline_s = time.monotonic() + WAIT_S
        while time.monotonic() < deadline_s:
            found = re.search(rf'"{port}": (\d+)', self.log.read_text())
            if found:
                return f"http://127.0.0.1:{found[1]}"
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def wait_ready(self, status: int = 200) -> None:
        deadline_s = time.monotonic() + WAIT_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.admin}/readyz").status_code == status:
                    return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())


@contextlib.contextmanager
def running(settings: Settings, folder: Path, **more: str) -> Iterator[Gateway]:
    gateway = Gateway(settings, folder, **more)
    try:
        yield gateway
    finally:
        gateway.process.kill()
        gateway.process.wait()


async def test_stops_without_losing_a_reply(settings: Settings, tmp_path: Path) -> None:
    """SIGTERM under load: every 2xx that a sender saw is a record in Kafka, nothing hangs, and the exit is clean."""
    admin.apply(settings)
    with running(settings, tmp_path) as gateway:
        gateway.wait_ready()
        told: list[str] = []
        enough = asyncio.Event()

        async def send(client: httpx.AsyncClient, sender: int) -> None:
            for n in range(10_000):
                id = f"msg_{sender}_{n}"
                try:
                    reply = await client.post(
                        f"{gateway.url}/webhooks/junction", content=body_of(), headers=signed(body_of(), id)
                    )
                except httpx.TransportError:
                    return
                assert reply.status_code in (204, 503)
                if reply.status_code == 204:
                    told.append(id)
                if len(told) >= 50:
                    enough.set()

        async with httpx.AsyncClient(timeout=30) as client:
            senders = [asyncio.create_task(send(client, sender)) for sender in range(8)]
            await enough.wait()
            gateway.process.send_signal(signal.SIGTERM)
            await asyncio.gather(*senders)
        assert await asyncio.to_thread(gateway.process.wait, WAIT_S) == 0
    topic = f"{settings.topic_prefix}.raw.summaries"
    records = read_kafka(settings.bootstrap_servers, topic, 1_000_000)
    stored = {dict(record.headers)["ce_id"].decode() for record in records}
    assert set(told) <= stored


def test_wrong_layout_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    """Without the right topics the command ends with 2 and says which command mends it."""
    with running(settings, tmp_path) as gateway:
        assert gateway.process.wait(WAIT_S) == 2
        assert "junction-streams topics apply" in gateway.log.read_text()


def test_port_in_use_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    """A port that another process holds is named with the setting that changes it."""
    port = settings.bootstrap_servers.rpartition(":")[2]
    with running(settings, tmp_path, STREAMS_GATEWAY_PORT=port) as gateway:
        assert gateway.process.wait(WAIT_S) == 2
        assert "STREAMS_GATEWAY_PORT" in gateway.log.read_text()


def test_starts_before_its_kafka(own_cluster: Cluster, tmp_path: Path) -> None:
    """Without Kafka the door opens, says so once and answers 503; when Kafka comes it goes on by itself."""
    settings = Settings(_env_file=None, bootstrap_servers=own_cluster.bootstrap_servers, partitions=4)
    admin.apply(settings)
    own_cluster.kafka.kill()
    with running(settings, tmp_path) as gateway:
        gateway.wait_ready(503)
        body = body_of()
        reply = httpx.post(f"{gateway.url}/webhooks/junction", content=body, headers=signed(body, "msg_1"))
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "30")
        assert httpx.get(f"{gateway.admin}/livez").status_code == 200
        own_cluster.kafka.restart()
        gateway.wait_ready()
        deadline_s = time.monotonic() + WAIT_S
        while reply.status_code == 503 and time.monotonic() < deadline_s:  # many topics: led later
            reply = httpx.post(f"{gateway.url}/webhooks/junction", content=body, headers=signed(body, "msg_1"))
        assert reply.status_code == 204
        assert gateway.log.read_text().count('"event": "waiting"') == 1
