"""deploy/nginx/compose.conf: a real nginx with TLS in front of two real gateways, which one name stands for."""

import os
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from streams.demo.cluster import ports
from streams.demo.cluster.supervise import Child
from streams.events.signature import sign
from streams.ops.settings import Settings
from tests.attack import stage
from tests.attack.requests import ENDPOINT, SECRET
from tests.attack.stored import stored_ids
from tests.connectors.webhook.gateways import body_of
from tests.deploy.test_compose import ROOT
from tests.secured import Authority

CONFIG = (ROOT / "deploy/nginx/compose.conf").read_text()
HOSTS = ("127.0.0.1", "127.0.0.2")
ALLOWED = "203.0.113.7"
pytestmark = pytest.mark.skipif(bool(stage.missing_nginx()), reason="because nginx is a package of the system")


class Front(NamedTuple):
    """`url`: of the proxy. `client`: knows its certificate. `gateways`: those behind it."""

    url: str
    client: httpx.Client
    gateways: list[stage.Gateway]
    settings: Settings

    def post(self, id: str, body: bytes, address: str = ALLOWED) -> int:
        """Status of a signed delivery that a proxy before ours says is from `address`."""
        now_s = int(time.time())
        signature = sign(SECRET, id, now_s, body)
        headers = {"svix-id": id, "svix-timestamp": str(now_s), "svix-signature": signature, "x-forwarded-for": address}
        return self.client.post(f"{self.url}/webhooks/{ENDPOINT}", content=body, headers=headers).status_code


def answer(question: bytes) -> bytes:
    """To a question of DNS: the addresses of all gateways, for a second."""
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 1, 4) + socket.inet_aton(host) for host in HOSTS)
    asked = question[12 : question.index(b"\0", 12) + 5]
    return question[:2] + struct.pack("!HHHHH", 0x8180, 1, len(HOSTS), 0, 0) + asked + records


@contextmanager
def names() -> Iterator[int]:
    """The port of a name server that has those addresses for whatever it is asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while (asked := server.recvfrom(512))[0] != b"end":
                server.sendto(answer(asked[0]), asked[1])

        (thread := threading.Thread(target=serve)).start()
        yield server.getsockname()[1]
        server.sendto(b"end", server.getsockname())
        thread.join()


def configuration(folder: Path, port: int, gateway_port: int, name_port: int, files: tuple[Path, Path]) -> str:
    """As it is deployed, but for ports and places."""
    own = {
        "/tmp/": f"{folder}/",  # noqa: S108  # because it is the container's
        "8443 ssl": f"127.0.0.1:{port} ssl",
        "8081": str(ports.random_free()),
        "127.0.0.11 valid": f"127.0.0.1:{name_port} valid",
        "gateway:8080": f"gateway:{gateway_port}",
        "/run/secrets/proxy_certificate.pem": str(files[0]),
        "/run/secrets/proxy_key.pem": str(files[1]),
    }
    given = re.sub("|".join(map(re.escape, own)), lambda found: own[found[0]], CONFIG)
    return f"daemon off;\n{'user root;' if os.geteuid() == 0 else ''}\n{given}"  # whose folder it is


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The proxy with two gateways on one port of two addresses, which take what comes from one network alone."""
    folder = tmp_path_factory.mktemp("proxy")
    authority, port = Authority(folder / "authority"), ports.random_free()
    variables = {"STREAMS_TRUSTED_PROXIES": "127.0.0.0/8", "STREAMS_GATEWAY_ALLOWED_NETWORKS": "203.0.113.0/24"}
    with ExitStack() as stack:
        settings = stack.enter_context(stage.mocked())
        behind = ports.random_free()
        more = [{**variables, "STREAMS_GATEWAY_HOST": host, "STREAMS_GATEWAY_PORT": str(behind)} for host in HOSTS]
        gateways = [stack.enter_context(stage.gateway(settings, folder, **one)) for one in more]
        text = configuration(folder, port, behind, stack.enter_context(names()), authority.issue("proxy"))
        (folder / "nginx.conf").write_text(text)
        program = [stage.nginx_program(), "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        child = Child(program, folder / "nginx.log")
        stack.callback(child.stop)
        while not ports.listening(port):
            assert child.running(), child.last_words()
            time.sleep(0.05)
        client = stack.enter_context(httpx.Client(verify=ssl.create_default_context(cafile=authority.ca), timeout=30))
        yield Front(f"https://127.0.0.1:{port}", client, gateways, settings)


def accepted(gateway: stage.Gateway) -> float:
    """How many deliveries it has accepted."""
    found = re.findall(r'^junction_gateway_requests_total\{[^}]*outcome="accepted"[^}]*\} (\S+)', gateway.metrics, re.M)
    return sum(map(float, found))


def test_every_gateway_gets_its_share_and_nothing_is_changed(front: Front) -> None:
    """Body and svix- headers come through as they were signed, to one gateway and to the other, each once to Kafka."""
    ids = [f"msg_{number}" for number in range(20)]
    assert {front.post(id, body_of(note=id)) for id in ids} == {204}
    assert all(accepted(gateway) > 0 for gateway in front.gateways)
    stored = stored_ids(front.settings)
    assert {id: stored[id] for id in ids} == dict.fromkeys(ids, 1)


def test_the_largest_body_comes_through(front: Front) -> None:
    """16 MiB, to the byte, and not one more."""
    most = 16 * 1024 * 1024
    body = body_of(note="x" * (most - len(body_of(note=""))))
    assert len(body) == most
    assert (front.post("msg_large", body), front.post("msg_larger", body + b" ")) == (204, 413)


def test_the_sender_is_who_the_proxy_says(front: Front) -> None:
    """The address in X-Forwarded-For is handed on and believed: one that may not send is refused at the door."""
    assert front.post("msg_stranger", body_of(), address="198.51.100.9") == 403


def test_nothing_but_webhooks(front: Front) -> None:
    """What is for us stays inside, however the path is spelt."""
    for path in ("/metrics", "/livez", "/%6detrics", "/webhooks/../metrics", "/"):
        assert front.client.get(f"{front.url}{path}").status_code == 404


def test_a_gateway_that_goes_is_not_missed(front: Front) -> None:
    """What its address refuses goes to the other one: a delivery is answered 204 all the same."""
    front.gateways[0].stop()
    assert {front.post(f"msg_after_{number}", body_of()) for number in range(10)} == {204}
