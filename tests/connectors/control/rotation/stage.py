"""A stage for rotations: real gateways on real ports that read one file, and the fake Junction over HTTP."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvloop

from connectors.control import signing_secret
from connectors.webhook import Gateway
from connectors.webhook.server import listener, port_of, public_server
from streams.events.signature import Keyring, sign
from streams.kafka import admin
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops.settings import Settings
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import MANAGEMENT_KEY
from streams.simulator.api.serve import running as api_running
from streams.simulator.management.endpoint import SvixEndpoint
from streams.simulator.management.fake import FakeManagement
from streams.simulator.world.world import World
from tests.connectors.webhook.gateways import body_of

ORG, TEAM = "0c5b3f4e-7a41-4d5e-9c31-0d9f8b6a1e77", "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310"
WAIT_S = 30.0


@dataclass
class OneGateway:
    """In a thread of its own; `restart` begins its counters anew. `path`: the file that it reads."""

    path: Path
    port: int = 0
    records: list[Any] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._stack.enter_context(self._running())

    def stop(self) -> None:
        self._stack.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextmanager
    def _running(self) -> Iterator[None]:
        settings = Settings(_env_file=None, endpoints={"junction": [f"file:{self.path}"]}, partitions=4)
        layout = admin.layout_of(settings)
        publisher = MemoryPublisher({topic.name: topic.partitions for topic in layout}, settings.record_bytes_max)
        publisher.records = self.records
        gateway = Gateway(settings, publisher, read_settings=lambda: settings)
        server = public_server(gateway.door, gateway.senders, gateway.connections)
        socket = listener("127.0.0.1", self.port)
        self.port = port_of(socket)
        loop = uvloop.new_event_loop()

        async def serve() -> None:
            async with gateway.running():
                await server.serve([socket])

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()
            loop.close()

    def post(self, *secrets: str, id: str = "msg_1") -> int:
        """A delivery signed with each of them; the status."""
        now_s, body = int(time.time()), body_of()
        signature = " ".join(sign(secret, id, now_s, body) for secret in secrets)
        headers = {"svix-id": id, "svix-timestamp": str(now_s), "svix-signature": signature}
        return httpx.post(f"{self.url}/webhooks/junction", content=body, headers=headers, timeout=30).status_code


@dataclass
class RotationStage:
    """`file`: of secrets, which all `gateways` read at the start. `first`: the secret of the start."""

    folder: Path
    file: Path
    first: str
    gateways: list[OneGateway]
    management: FakeManagement
    api_url: str
    endpoint: SvixEndpoint

    @property
    def toml(self) -> Path:
        return self.folder / "webhooks.toml"

    @property
    def journal(self) -> Path:
        return self.folder / "junction.rotation.json"

    @property
    def env(self) -> dict[str, str]:
        """With the management key."""
        return {"STREAMS_JUNCTION_MANAGEMENT_KEY": MANAGEMENT_KEY, "STREAMS_JUNCTION_MANAGEMENT_URL": self.api_url}

    def write_toml(self) -> None:
        urls = ", ".join(f'"{one.url}"' for one in self.gateways)
        self.toml.write_text(
            f'[team]\norg = "{ORG}"\nteam = "{TEAM}"\nenvironment = "sandbox"\n\n[endpoint.junction]\n'
            f'url = "https://ingest.example.org/webhooks/junction"\nsecret_file = "{self.file}"\ngateways = [{urls}]\n'
        )

    def secrets(self) -> list[str]:
        """Of the file."""
        return [line for line in self.file.read_text().splitlines() if line.startswith("whsec_")]

    def live(self) -> list[str]:
        """What Junction signs with now."""
        return list(self.endpoint.live_secrets(time.time()))


def print_of(secret: str) -> str:
    return Keyring.parse([secret]).fingerprints[0]


@contextmanager
def stage(folder: Path, n_gateways: int = 2) -> Iterator[RotationStage]:
    """Junction and all gateways on one secret."""
    first = signing_secret.make().get_secret_value()
    file = folder / "junction.secret"
    file.write_text(f"# of the stage\n{first}\n")
    file.chmod(0o640)
    with ExitStack() as stack:
        gateways = [OneGateway(file) for _ in range(n_gateways)]
        for one in gateways:
            stack.callback(one.stop)
            one.start()
        management = FakeManagement()
        state = management.state
        fields = {"url": "https://ingest.example.org/webhooks/junction", "description": "[junction-streams:junction]"}
        endpoint = state.add(state.app(TEAM, "sandbox"), fields, first)
        url = stack.enter_context(_serving(management))
        made = RotationStage(folder, file, first, gateways, management, url, endpoint)
        made.write_toml()
        yield made


@contextmanager
def _serving(management: FakeManagement) -> Iterator[str]:
    api = FakeApi(World(1, 1, 1, 1_780_000_000_000), management=management)
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), []
    closing = asyncio.Event()

    async def serve() -> None:
        async with api_running(api) as url:
            found.append(url)
            ready.set()
            await closing.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(WAIT_S)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join()
        loop.close()
