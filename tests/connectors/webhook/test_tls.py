"""HTTPS by certificate files, which may be replaced while the gateway runs."""

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from connectors.webhook import Gateway
from connectors.webhook.server import listener, port_of, public_server
from connectors.webhook.tls import Certificate, certificate
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops.errors import Misconfigured
from tests.connectors.webhook.gateways import NOW_S, body_of, make_settings, signed


def make_pair(password: bytes = b"") -> tuple[bytes, bytes]:
    """(certificate, key) as PEM, for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    hidden = BestAvailableEncryption(password) if password else NoEncryption()
    return made.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)


class Files:
    """A pair in two files."""

    def __init__(self, folder: Path) -> None:
        self.cert, self.key = folder / "cert.pem", folder / "key.pem"

    def write(self, cert: bytes, key: bytes) -> None:
        """As certbot and Kubernetes do: new files take the places of the old ones."""
        for path, content in ((self.cert, cert), (self.key, key)):
            new = path.with_suffix(".new")
            new.write_bytes(content)
            new.replace(path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path)
    made.write(*make_pair())
    return made


@contextmanager
def serving(context: ssl.SSLContext, connections_max: int = 4096) -> Iterator[int]:
    """The port of a gateway that serves HTTPS."""
    settings = make_settings(gateway_connections_max=connections_max)
    gateway = Gateway(settings, MemoryPublisher({"junction.raw.summaries": 4}), clock=lambda: NOW_S)
    server = public_server(gateway.door, gateway.senders, gateway.connections, context)
    listening, loop = listener("127.0.0.1", 0), uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve([listening]),))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield port_of(listening)
    finally:
        server.should_exit = True
        thread.join()
        loop.close()


def trusting(files: Files) -> httpx.Client:
    """A client that trusts the certificate which is in the file now, and no other one."""
    return httpx.Client(verify=ssl.create_default_context(cafile=str(files.cert)))


def post(client: httpx.Client, port: int) -> int:
    body = body_of()
    return client.post(f"https://127.0.0.1:{port}/webhooks/junction", content=body, headers=signed(body)).status_code


def test_new_connections_get_the_new_certificate(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    """A replaced pair serves new connections from the next look on; one that is open goes on with the old one."""
    used = Certificate(files.cert, files.key)
    with serving(used.context) as port, trusting(files) as old, trusting(files) as old_again:
        assert post(old, port) == 204
        files.write(*make_pair())
        used.reload()
        assert "certificate_reloaded" in capsys.readouterr().out
        with trusting(files) as new:
            assert post(new, port) == 204
        assert post(old, port) == 204
        with pytest.raises(httpx.ConnectError):
            post(old_again, port)


def wrong_pairs() -> dict[str, tuple[bytes, bytes]]:
    cert, key = make_pair()
    return {
        "another key": (cert, make_pair()[1]),
        "no certificate": (b"", key),
        "no PEM": (cert, b"\x00\xff"),
        "half a key": (cert, key[: len(key) // 2]),
        "a key with a password": make_pair(b"password"),
    }


@pytest.mark.parametrize("case", wrong_pairs())
def test_a_wrong_pair_is_not_used(files: Files, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be used is logged once, by its setting, and the old pair stays; the next right one is taken."""
    used = Certificate(files.cert, files.key)
    wrong = wrong_pairs()[case]
    with serving(used.context) as port, trusting(files) as old:
        files.write(*wrong)
        used.reload()
        used.reload()
        logged = capsys.readouterr().out
        assert (logged.count("certificate_refused"), "STREAMS_GATEWAY_TLS_CERT_FILE" in logged) == (1, True)
        assert post(old, port) == 204
        files.write(*make_pair())
        used.reload()
        with trusting(files) as new:
            assert post(new, port) == 204


def test_a_file_that_is_gone(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    """Without its files the gateway goes on with what it has read."""
    used = Certificate(files.cert, files.key)
    with serving(used.context) as port, trusting(files) as client:
        files.key.unlink()
        used.reload()
        assert "certificate_refused" in capsys.readouterr().out
        assert post(client, port) == 204


@pytest.mark.parametrize("case", wrong_pairs())
def test_a_wrong_pair_stops_the_start(files: Files, case: str) -> None:
    """At the start there is no old pair to go on with; the error says what is expected and shows nothing of a key."""
    files.write(*wrong_pairs()[case])
    with pytest.raises(Misconfigured, match="key without a password"):
        Certificate(files.cert, files.key)


def test_nobody_is_asked_for_a_password(files: Files) -> None:
    """A key with a password is refused at a terminal, too: a question there would hold the only thread."""
    files.write(*make_pair(b"password"))
    at_a_terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])"]
    load = "import pathlib, sys; from connectors.webhook.tls import *; Certificate(*map(pathlib.Path, sys.argv[1:]))"
    command = [*at_a_terminal, sys.executable, "-c", load, files.cert, files.key]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60, check=False).stdout
    assert b"key without a password" in said
    assert b"pass phrase" not in said


def test_one_file_alone(files: Files) -> None:
    """Both files or neither: half a setting must not become plain HTTP."""
    with pytest.raises(Misconfigured, match="set both"):
        certificate(make_settings(gateway_tls_cert_file=files.cert))
    with pytest.raises(Misconfigured, match="set both"):
        certificate(make_settings(gateway_tls_key_file=files.key))
    assert certificate(make_settings()) is None
    assert certificate(make_settings(gateway_tls_cert_file=files.cert, gateway_tls_key_file=files.key)) is not None


async def test_it_looks_by_itself(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to ask: files that changed are read at the next look."""
    monkeypatch.setattr("connectors.webhook.tls._LOOK_EVERY_S", 0.001)
    used, read = Certificate(files.cert, files.key), asyncio.Event()
    monkeypatch.setattr(used, "_load", read.set)
    running = asyncio.create_task(used.run())
    files.write(*make_pair())
    await read.wait()
    running.cancel()


def test_no_old_protocol(files: Files) -> None:
    """TLS 1.1 and older are not spoken."""
    assert Certificate(files.cert, files.key).context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_who_says_nothing_is_closed(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handshake has a deadline of its own."""
    monkeypatch.setattr("connectors.webhook.acceptor.HEAD_S", 0.2)
    files.write(*make_pair())
    with (
        serving(Certificate(files.cert, files.key).context) as port,
        socket.create_connection(("127.0.0.1", port), timeout=20) as silent,
    ):
        assert silent.recv(1) == b""


def test_handshakes_are_counted(files: Files) -> None:
    """Connections that begin no handshake are in the bounds of all: a sender of ours gets in beside many of them."""
    with serving(Certificate(files.cert, files.key).context, 16) as port, ExitStack() as stack:
        silent = []
        for n in range(48):
            source = (f"127.0.1.{n + 1}", 0)
            one = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=source)
            silent.append(stack.enter_context(one))
        with trusting(files) as client:
            assert post(client, port) == 204
        assert [one.recv(1) for one in silent[:32]] == [b""] * 32


def test_what_is_no_tls_is_closed(files: Files) -> None:
    """Plain HTTP where TLS is spoken ends that connection, and counts as open no more."""
    with serving(Certificate(files.cert, files.key).context, 16) as port:
        for _ in range(32):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
                plain.sendall(b"POST /webhooks/junction HTTP/1.1\r\n\r\n")
                while plain.recv(100):
                    pass
        with trusting(files) as client:
            assert post(client, port) == 204
