"""A probe as it is sent: over real gateways, real TLS, and servers that are no gateways."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from connectors.control.probing.probe import NotTaken, ProbeAnswer, ProbeFailed, ProbeSilent, hosts, probe
from connectors.control.probing.reading import ProbeFault
from connectors.webhook.tls import Certificate
from streams.demo.cluster import ports
from streams.events import probe as probes
from streams.events.signature import Keyring
from streams.ops.errors import Misconfigured
from tests.connectors.webhook import gateways
from tests.connectors.webhook.test_tls import Files, make_pair, serving

SECRET, OLD = SecretStr(gateways.SECRET), SecretStr(gateways.OLD_SECRET)
STRANGE = SecretStr("whsec_" + base64.b64encode(b"x" * 32).decode())


def now_s() -> float:
    """By the clock of the gateways in these tests."""
    return float(gateways.NOW_S)


async def ask(url: str, secret: SecretStr = SECRET, **more: Any) -> ProbeAnswer:
    return await probe(url, "junction", secret, clock=now_s, **more)


@pytest.fixture(scope="module")
def gateway() -> Iterator[gateways.Running]:
    with gateways.start(gateways.make_settings()) as running:
        yield running


async def test_a_gateway_says_who_it_is(gateway: gateways.Running) -> None:
    """With the secret that fitted, all that are live, its clock, and what each secret verified."""
    answer = await ask(f"{gateway.url}/webhooks/junction", OLD)
    new, old = Keyring.parse([gateways.SECRET, gateways.OLD_SECRET]).fingerprints
    assert (answer.fingerprint, answer.fingerprints) == (old, (new, old))
    assert [(row.endpoint, row.position, row.fingerprint, row.verified) for row in answer.uses] == [
        ("junction", 0, new, 0),
        ("junction", 1, old, 0),
    ]
    assert (answer.skew_s, answer.processes, answer.is_ready, answer.certificate) == (0.0, 1, True, None)
    assert answer.body_bytes == 1024
    assert gateway.publisher.records == []


@pytest.mark.parametrize("n_bytes", [1024, 1 << 20])
async def test_a_wrong_secret(gateway: gateways.Running, n_bytes: int) -> None:
    """Of any size: the constant 401 is an error of its own, whose text has no secret."""
    with pytest.raises(NotTaken) as caught:
        await ask(f"{gateway.url}/webhooks/junction", STRANGE, body_bytes=n_bytes)
    assert "401" in str(caught.value)
    assert STRANGE.get_secret_value()[6:] not in repr(caught.value)


async def test_a_path_that_leads_nowhere(gateway: gateways.Running) -> None:
    """A gateway of ours at another path is told apart from any other server."""
    with pytest.raises(ProbeFailed, match="a gateway is there, at another path") as caught:
        await ask(f"{gateway.url}/hooks/junction", SECRET)
    assert caught.value.fault is ProbeFault.PATH


async def test_a_body_that_is_too_large() -> None:
    """The gateway's own limit is told by its setting."""
    with (
        gateways.start(gateways.make_settings(body_bytes_max=2048)) as running,
        pytest.raises(ProbeFailed, match="STREAMS_BODY_BYTES_MAX") as caught,
    ):
        await ask(f"{running.url}/webhooks/junction", SECRET, body_bytes=4096)
    assert caught.value.fault is ProbeFault.SIZE


async def test_nobody_there() -> None:
    """A port at which nobody listens is no answer; a name that is none is a person's to mend."""
    with pytest.raises(ProbeSilent, match="nobody listens") as caught:
        await ask(f"http://127.0.0.1:{ports.random_free()}/webhooks/junction", SECRET)
    assert caught.value.fault is ProbeFault.CONNECTION
    with pytest.raises((ProbeFailed, ProbeSilent)) as unknown:
        await hosts("https://nobody.invalid/webhooks/junction")
    assert unknown.value.fault is ProbeFault.NAME
    with pytest.raises(ProbeFailed, match="no host that DNS could know"):
        await hosts("https://a..b/webhooks/junction")


async def test_a_public_key_signs_nothing(gateway: gateways.Running) -> None:
    """It is said before anything is sent."""
    with pytest.raises(Misconfigured, match="begins with whsec_"):
        await ask(f"{gateway.url}/webhooks/junction", SecretStr("whpk_" + "A" * 43 + "="))


async def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that is trusted tells its end; one that is not, or is of another name, is refused with the cure."""
    files = Files(tmp_path)
    files.write(*make_pair())
    with serving(Certificate(files.cert, files.key).context) as port:
        url = f"https://127.0.0.1:{port}/webhooks/junction"
        with pytest.raises(ProbeFailed, match="signed by itself") as caught:
            await ask(url)
        assert caught.value.fault is ProbeFault.CERTIFICATE
        monkeypatch.setenv("SSL_CERT_FILE", str(files.cert))
        seen = (await ask(url)).certificate
        assert seen is not None
        assert seen.ends_s - seen.begins_s == 7200
        with pytest.raises(ProbeFailed, match="is for another") as caught:
            await ask(url.replace("127.0.0.1", "localhost"), SECRET)
        assert caught.value.fault is ProbeFault.CERTIFICATE


async def test_plain_http_where_tls_is_spoken(gateway: gateways.Running) -> None:
    """And the other way round: it is the port, or a proxy that ends TLS before."""
    with pytest.raises(ProbeFailed, match="speaks no TLS there") as caught:
        await ask(f"{gateway.url.replace('http:', 'https:')}/webhooks/junction", SECRET)
    assert caught.value.fault is ProbeFault.TLS


class Other(BaseHTTPRequestHandler):
    """No gateway: answers what the test says."""

    answer: ClassVar[tuple[int, dict[str, str], bytes]] = (204, {}, b"")

    def do_POST(self) -> None:
        status, headers, body = self.answer
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def other(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Iterator[str]:
    handler = type("Another", (Other,), {"answer": (status, headers or {}, body)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks/junction"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


OURS = {
    probes.H_INSTANCE: "a/1",
    probes.H_PROCESSES: "1",
    probes.H_PROGRAM: "1",
    probes.H_CLOCK: "1795973000123",
    probes.H_SECRETS: "00000000",
    probes.H_USES: "0/0.000/0.000",
    probes.H_SECRET: "00000000",
    probes.H_READY: "yes",
}
CASES = {
    "a clock of 400 digits": (204, OURS | {probes.H_CLOCK: "1" * 400}, b"", ProbeFault.NOT_OURS, "without a gateway's"),
    "a thousand millions": (204, OURS | {probes.H_PROCESSES: "9" * 9}, b"", ProbeFault.NOT_OURS, "without a gateway's"),
    "no number": (204, OURS | {probes.H_PROCESSES: "-1"}, b"", ProbeFault.NOT_OURS, "without a gateway's"),
    "any 204": (204, {}, b"", ProbeFault.NOT_OURS, "takes events that nobody stores"),
    "half of our headers": (204, {"junction-streams-instance": "a/1"}, b"", ProbeFault.NOT_OURS, "hand them on"),
    "a redirect": (301, {"location": "https://other.example/x?token=4711"}, b"", ProbeFault.REDIRECT, "follows no red"),
    "a slash": (308, {"location": "/webhooks/junction/"}, b"", ProbeFault.REDIRECT, "another slash at the end"),
    "a login": (401, {"www-authenticate": "Basic"}, b"who?", ProbeFault.LOGIN, "asks for a login before the gateway"),
    "another 401": (401, {}, b"who are you?", ProbeFault.NOT_OURS, "not as a gateway does"),
    "a firewall": (403, {}, b"blocked", ProbeFault.NOT_OURS, "web application firewall"),
    "networks": (403, {}, b"address not allowed\n", ProbeFault.ADDRESS, "STREAMS_GATEWAY_ALLOWED_NETWORKS"),
    "no route": (404, {}, b"<html>", ProbeFault.PATH, "hand /webhooks/junction on"),
    "a limit": (413, {}, b"<html>", ProbeFault.SIZE, "client_max_body_size"),
    "nobody behind": (502, {}, b"<html>", ProbeFault.BEHIND, "the proxy there reaches none"),
    "busy": (503, {"retry-after": "5"}, b"try again later\n", ProbeFault.BEHIND, "is busy"),
    "a teapot": (418, {}, b"", ProbeFault.OTHER, "no gateway answers so"),
}


@pytest.mark.parametrize("case", CASES)
async def test_whoever_else_answers(case: str) -> None:
    """Is named by what it is, with what to mend, and nothing of its answer but a host."""
    status, headers, body, fault, words = CASES[case]
    with other(status, headers, body) as url, pytest.raises((ProbeFailed, ProbeSilent), match=words) as caught:
        await ask(url)
    assert isinstance(caught.value, ProbeFailed | ProbeSilent)
    assert caught.value.fault is fault
    assert "4711" not in str(caught.value)


async def test_who_never_answers() -> None:
    """A connection that is taken and left is given up in time."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(ProbeSilent, match="no whole answer in time") as caught,
    ):
        await ask(f"http://127.0.0.1:{silent.getsockname()[1]}/webhooks/junction", timeout_s=0.2)
    assert caught.value.fault is ProbeFault.TIME


async def test_headers_that_junction_sends_along(gateway: gateways.Running) -> None:
    """They go with the probe, and never over its signature."""
    headers = {"Authorization": SecretStr("Bearer 4711 é"), "svix-id": SecretStr("msg_forged")}
    answer = await ask(f"{gateway.url}/webhooks/junction", SECRET, headers=headers)
    assert answer.status == 204
