"""Several gateway processes as they run: the command, on librdkafka's mock cluster, and signals."""

import asyncio
import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest
from pydantic import SecretStr

from connectors.webhook import processes
from connectors.webhook.processes import Family
from connectors.webhook.server import port_of
from streams.demo.cluster import MockCluster
from streams.kafka import admin
from streams.ops.errors import Misconfigured
from streams.ops.settings import LOCAL_REGISTRY, Settings
from streams.status.gateways import GatewayReport, refused
from streams.status.refused_page import RefusedQuery
from tests.connectors.webhook.gateways import SECRET, body_of, make_settings
from tests.connectors.webhook.test_process import WAIT_S, Gateway, running, signed

N_CONNECTIONS = 32
TWO = {"STREAMS_REGISTRY_URL": LOCAL_REGISTRY, "STREAMS_GATEWAY_PROCESSES": "2"}


@pytest.fixture(scope="module")
def kafka() -> Iterator[Settings]:
    """Settings of a mock cluster that has all topics."""
    layout = {topic.name: topic.partitions for topic in admin.layout_of(make_settings())}
    with MockCluster(layout) as cluster:
        yield make_settings(bootstrap_servers=cluster.bootstrap_servers, registry_url=LOCAL_REGISTRY)


def serving(gateway: Gateway) -> list[psutil.Process]:
    """The processes that serve."""
    return psutil.Process(gateway.process.pid).children()


def n_established(process: psutil.Process, url: str) -> int:
    """Its connections on the public port."""
    port = int(url.rpartition(":")[2])
    return sum(one.status == "ESTABLISHED" and one.laddr.port == port for one in process.net_connections())


def n_accepted(gateway: Gateway) -> float:
    text = httpx.get(f"{gateway.admin}/metrics").text
    accepted = r'junction_gateway_requests_total\{endpoint="junction",outcome="accepted"\} (\S+)'
    return sum(float(found) for found in re.findall(accepted, text))


def post_on_each(clients: list[httpx.Client], gateway: Gateway) -> None:
    for n, client in enumerate(clients):
        body = body_of()
        reply = client.post(f"{gateway.url}/webhooks/junction", content=body, headers=signed(body, f"msg_{n}"))
        assert reply.status_code == 204


def test_two_processes_are_one_gateway(kafka: Settings, tmp_path: Path) -> None:
    """Both serve the port and are summed; one that dies is told, started again, and what it counted stays; SIGTERM
    ends all of them with 0, and leaves nothing behind."""
    with running(kafka, tmp_path, **TWO) as gateway, ExitStack() as stack:
        gateway.wait_ready()
        before = serving(gateway)
        folder = Path(before[0].environ()["_JUNCTION_GATEWAY_UDS"]).parent
        clients = [stack.enter_context(httpx.Client(timeout=30)) for _ in range(N_CONNECTIONS)]
        post_on_each(clients, gateway)
        shares = [n_established(process, gateway.url) for process in before]
        assert (len(shares), sum(shares), min(shares) > 0) == (2, N_CONNECTIONS, True)
        assert n_accepted(gateway) == N_CONNECTIONS
        assert {row["process"] for row in httpx.get(f"{gateway.admin}/secrets").json()} == {0, 1}

        before[0].kill()
        gateway.wait_ready(503)
        assert httpx.get(f"{gateway.admin}/readyz").json()["reason"] == "a process does not answer"
        assert n_accepted(gateway) == N_CONNECTIONS
        gateway.wait_ready()
        after = serving(gateway)
        assert (before[0] in after, before[1] in after, len(after)) == (False, True, 2)
        assert n_accepted(gateway) == N_CONNECTIONS
        with httpx.Client(timeout=30) as client:
            post_on_each([client], gateway)
        assert n_accepted(gateway) == N_CONNECTIONS + 1
        assert '"event": "process_ended"' in gateway.log.read_text()

        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(WAIT_S) == 0
        assert not any(process.is_running() for process in after)
        assert not folder.exists()


def asked(gateway: Gateway, token: str, query: RefusedQuery = RefusedQuery()) -> GatewayReport:  # noqa: B008  # because it is a tuple
    of = make_settings(console_gateways=(gateway.admin,), query_token=SecretStr(token))
    (report,) = asyncio.run(refused(of, query))
    return report


def test_what_each_process_refused(kafka: Settings, tmp_path: Path) -> None:
    """The listener for operators tells the rows of all processes, the newest first, to who has the token; one that is
    killed is said to be away, then to remember nothing from before."""
    with running(kafka, tmp_path, **TWO, STREAMS_QUERY_TOKEN="t0ken") as gateway, ExitStack() as stack:
        gateway.wait_ready()
        before = serving(gateway)
        clients = [stack.enter_context(httpx.Client(timeout=30)) for _ in range(N_CONNECTIONS)]
        for n, client in enumerate(clients):
            reply = client.post(f"{gateway.url}/webhooks/junction", headers={"svix-id": f"msg_{n}"})
            assert reply.status_code == 401
        assert min(n_established(process, gateway.url) for process in before) > 0
        found = asked(gateway, "t0ken")
        assert {row.claimed_id for row in found.attempts} == {f"msg_{n}" for n in range(N_CONNECTIONS)}
        times = [row.at_ms for row in found.attempts]
        assert (times, found.trouble) == (sorted(times, reverse=True), "")
        assert 0 < found.accepting_since_ms <= found.remembers_since_ms < min(times)
        some = asked(gateway, "t0ken", RefusedQuery(limit=3))
        assert (some.attempts, some.is_cut) == (found.attempts[:3], True)
        assert [row.claimed_id for row in asked(gateway, "t0ken", RefusedQuery("msg_7")).attempts] == ["msg_7"]
        for token in ("", "other"):
            assert (asked(gateway, token).attempts, "STREAMS_QUERY_TOKEN" in asked(gateway, token).trouble) == (
                (),
                True,
            )

        before[0].kill()
        gateway.wait_ready(503)
        found_then = asked(gateway, "t0ken")
        assert "1 of 2 processes" in found_then.trouble
        gateway.wait_ready()
        after = asked(gateway, "t0ken")
        assert (after.trouble, after.accepting_since_ms) == ("", found_then.accepting_since_ms)
        assert after.remembers_since_ms > found.remembers_since_ms
        assert 0 < len(after.attempts) < N_CONNECTIONS


def test_no_process_outlives_its_parent(kafka: Settings, tmp_path: Path) -> None:
    """A parent that is killed leaves no gateway behind that nobody watches: its processes end by themselves."""
    with running(kafka, tmp_path, **TWO) as gateway:
        gateway.wait_ready()
        processes = serving(gateway)
        gateway.process.kill()
        ended, alive = psutil.wait_procs(processes, WAIT_S)
        assert (len(ended), alive) == (2, [])


def test_a_process_that_cannot_start_ends_all(kafka: Settings, tmp_path: Path) -> None:
    """What only a serving process finds wrong ends the command with 2 like everything that is, not with a traceback."""
    half = {"STREAMS_GATEWAY_TLS_CERT_FILE": str(tmp_path / "cert.pem")}
    with running(kafka, tmp_path, **TWO, **half) as gateway:
        assert gateway.process.wait(WAIT_S) == 2
        said = gateway.log.read_text()
        assert "STREAMS_GATEWAY_TLS_KEY_FILE" in said
        assert "Traceback" not in said


def test_a_folder_whose_path_is_too_long(kafka: Settings, tmp_path: Path) -> None:
    """A path that no socket can have stops the start with the variable that changes it; nothing is tried for ever."""
    folder = tmp_path / ("x" * 90)
    folder.mkdir()
    with running(kafka, tmp_path, **TWO, TMPDIR=str(folder)) as gateway:
        assert gateway.process.wait(WAIT_S) == 2
        assert "TMPDIR" in gateway.log.read_text()


async def test_stopped_while_a_process_starts(kafka: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes while a process is being started ends that one, too."""
    monkeypatch.setenv("STREAMS_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    monkeypatch.setenv("STREAMS_REGISTRY_URL", LOCAL_REGISTRY)
    monkeypatch.setenv("STREAMS_ENDPOINTS", json.dumps({"junction": [SECRET]}))
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        family, stopping = Family(kafka, held.getsockname()[1], tmp_path), asyncio.Event()
        running_all = asyncio.create_task(family.run(stopping))
        async with asyncio.timeout(WAIT_S):
            for _ in iter(lambda: bool(psutil.Process().children()), True):
                await asyncio.sleep(0)  # a turn of the loop
        stopping.set()
        await asyncio.wait_for(running_all, WAIT_S)


def test_the_same_gateway_twice() -> None:
    """The second one does not start, though several processes may share the port for webhooks."""
    first = make_settings(gateway_port=0, gateway_admin_port=0, gateway_processes=2)
    with processes.claimed(first) as own:
        again = first.model_copy(update={"gateway_admin_port": port_of(own)})
        with pytest.raises(Misconfigured, match="STREAMS_GATEWAY_ADMIN_PORT"):
            processes.claimed(again)


async def test_no_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names what to set."""
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    settings = make_settings(gateway_port=0, gateway_admin_port=0, gateway_processes=2)
    with processes.claimed(settings) as own, pytest.raises(Misconfigured, match="TMPDIR"):
        await processes.supervise(settings, own)
