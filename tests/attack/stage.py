"""The stage: a gateway as it runs, on a real Kafka or on librdkafka's mock cluster, and nginx in front if wanted."""

import json
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from streams.demo.cluster import MockCluster, ports
from streams.demo.cluster.supervise import Child
from streams.kafka import admin
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import LOCAL_REGISTRY, Settings
from tests.attack.requests import ENDPOINT, SECRET

PARTITIONS = 4
READY_S = 60.0
CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "gateway.conf"
NGINX_MISSING = "nginx is not installed (Debian: apt-get install nginx-light)"
_NGINX_AT = "127.0.0.1"
_NGINX_FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Gateway:
    """`port`: the public one. `is_behind`: nginx is trusted to say who the stranger is."""

    def __init__(self, settings: Settings, folder: Path, *, is_behind: bool, more: Mapping[str, str]) -> None:
        self.settings = settings
        variables = {
            "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "STREAMS_REGISTRY_URL": settings.registry_url,
            "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
            "STREAMS_GROUP_ID": settings.group_id,
            "STREAMS_PARTITIONS": str(settings.partitions),
            "STREAMS_GATEWAY_PORT": "0",
            "STREAMS_GATEWAY_ADMIN_PORT": "0",
            "STREAMS_ENDPOINTS": json.dumps({ENDPOINT: [SECRET]}),
            "STREAMS_TRUSTED_PROXIES": f"{_NGINX_AT}/32" if is_behind else "",
            **more,
        }
        self._child = Child(
            [sys.executable, "-m", "streams.cli", "gateway"],
            folder / f"gateway-{uuid.uuid4().hex[:6]}.log",
            env=variables,
        )
        try:
            self.port, self._admin_port = self._ports()
            self._wait_ready()
        except BaseException:
            self._child.kill()
            raise

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def log(self) -> list[str]:
        """Its lines so far."""
        return self._child.said().splitlines()

    @property
    def metrics(self) -> str:
        """The text of `/metrics`."""
        return httpx.get(f"http://127.0.0.1:{self._admin_port}/metrics", timeout=30).text

    def stop(self) -> bool:
        """Whether it ended by itself, in time, after SIGTERM."""
        return self._child.stop()

    def is_running(self) -> bool:
        return self._child.running()

    def _ports(self) -> tuple[int, int]:
        """Known once it listens."""
        until_s = time.monotonic() + READY_S
        while time.monotonic() < until_s:
            said = self._child.said()
            line = next((line for line in said.splitlines() if '"listening"' in line), "")
            if public := re.search(r'"port": (\d+)', line):
                own = re.search(r'"admin_port": (\d+)', line)
                return int(public[1]), int((own or public)[1])
            if not self._child.running():
                break
            time.sleep(0.05)
        raise Unavailable(f"the gateway does not listen: {self._child.last_words()}")

    def _wait_ready(self) -> None:
        until_s = time.monotonic() + READY_S
        while time.monotonic() < until_s:
            try:
                if httpx.get(f"http://127.0.0.1:{self._admin_port}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise Unavailable(f"the gateway is not ready: {self._child.last_words()}")


@contextmanager
def gateway(settings: Settings, folder: Path, *, is_behind: bool = False, **more: str) -> Iterator[Gateway]:
    """One of its own, stopped at the end. `more`: variables."""
    running = Gateway(settings, folder, is_behind=is_behind, more=more)
    try:
        yield running
    finally:
        running.stop()


def settings_for(bootstrap_servers: str, *, is_mock: bool) -> Settings:
    """With a prefix of their own."""
    prefix = f"a{uuid.uuid4().hex[:8]}"
    return Settings(
        _env_file=None,
        bootstrap_servers=bootstrap_servers,
        registry_url=LOCAL_REGISTRY if is_mock else "",
        topic_prefix=prefix,
        group_id=prefix,
        partitions=PARTITIONS,
    )


@contextmanager
def mocked() -> Iterator[Settings]:
    """librdkafka's mock cluster with all topics."""
    settings = settings_for("", is_mock=True)
    with MockCluster({topic.name: topic.partitions for topic in admin.layout_of(settings)}) as cluster:
        yield settings.model_copy(update={"bootstrap_servers": cluster.bootstrap_servers})


def missing_nginx() -> str:
    """What to install; "" where it is there."""
    return "" if _nginx() else NGINX_MISSING


def _nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Nginx:
    """`port`: where strangers and good traffic come in."""

    def __init__(self, port: int, place: Path) -> None:
        self.port = port
        self._seen = place / "seen.log"

    @property
    def seen_ids(self) -> set[str]:
        """Delivery ids of all that nginx has taken for requests."""
        return set(self._seen.read_text(errors="replace").split()) if self._seen.exists() else set()


def nginx_program() -> str:
    """Raises Misconfigured where there is none."""
    program = _nginx()
    if not program:
        raise Misconfigured(NGINX_MISSING)
    return program


@contextmanager
def nginx(folder: Path, gateway_port: int) -> Iterator[Nginx]:
    """nginx in front of a gateway, configured by the file that docs/deploy.md names."""
    program = nginx_program()
    port, place = ports.random_free(), folder / f"nginx-{uuid.uuid4().hex[:6]}"
    place.mkdir()
    (place / "nginx.conf").write_text(_nginx_conf(place, port, gateway_port))
    child = Child([program, "-p", place, "-c", place / "nginx.conf", "-e", place / "error.log"], place / "nginx.log")
    try:
        until_s = time.monotonic() + READY_S
        while not ports.listening(port):
            if not child.running() or time.monotonic() > until_s:
                raise Unavailable(f"nginx does not start: {child.last_words()}")
            time.sleep(0.05)
        yield Nginx(port, place)
    finally:
        child.stop()


def _nginx_conf(place: Path, port: int, gateway_port: int) -> str:
    """The file as it is deployed, but for TLS and its ports, within what Debian's nginx.conf has around it."""
    given = CONFIG.read_text()
    given = re.sub(r"(?m)^\s*ssl_.*\n", "", given)
    given = re.sub(r"(?m)^(\s*)listen .*;", rf"\1listen 127.0.0.1:{port};", given, count=1)
    given = given.replace("127.0.0.1:8080", f"127.0.0.1:{gateway_port}")
    folders = "".join(
        f"{name}_temp_path {place}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""  # the folder belongs to whoever runs this
    return f"""
daemon off;
{user}
pid {place}/pid;
worker_processes auto;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
log_format ids $http_svix_id;
access_log {place}/seen.log ids;
{folders}
{given}
}}
"""
