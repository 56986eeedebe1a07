"""How the registry's client logs in: what a registry sees of it."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.demo.cluster.ports import LOOPBACK
from streams.kafka.login.registry import for_registry
from streams.kafka.registry_client import opened
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from tests import token_server
from tests.secured import Authority

seen: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        seen.append({name.lower(): value for name, value in self.headers.items()})
        body = json.dumps([]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    seen.clear()
    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        yield running
        running.shutdown()


def settings_for(server: ThreadingHTTPServer, scheme: str = "http", **changed: object) -> Settings:
    return Settings(_env_file=None, registry_url=f"{scheme}://{LOOPBACK}:{server.server_port}", **changed)


def ask(settings: Settings) -> dict[str, str]:
    """Headers that the registry gets."""
    with opened(settings) as client:
        client.get_subjects()
    return seen[-1]


def test_no_login_and_a_password(server: ThreadingHTTPServer) -> None:
    """Nothing unless it is set; HTTP Basic by name and password."""
    assert "authorization" not in ask(settings_for(server))
    login = settings_for(server, registry_user="u", registry_password=SecretStr("p"))
    assert ask(login)["authorization"] == "Basic dTpw"


def test_a_token(server: ThreadingHTTPServer) -> None:
    """A token that does not end, with what Confluent Cloud wants to know."""
    named = {"registry_cluster": "lsrc-1", "registry_identity_pool": "pool-2"}
    headers = ask(settings_for(server, registry_token=SecretStr("planted"), **named))
    assert headers["authorization"] == "Bearer planted"
    assert (headers["target-sr-cluster"], headers["confluent-identity-pool-id"]) == ("lsrc-1", "pool-2")


def test_tokens_of_a_server(server: ThreadingHTTPServer) -> None:
    """One for many requests, of the registry's own scope."""
    with token_server.running() as tokens:
        login = {
            "registry_oauth": True,
            "registry_oauth_scope": "registry",
            "oauth_scope": "kafka",
            "oauth_token_url": tokens.token_url,
            "oauth_client_id": token_server.CLIENT,
            "oauth_client_secret": SecretStr(token_server.SECRET),
        }
        for _ in range(2):
            assert ask(settings_for(server, **login))["authorization"] == f"Bearer {tokens.given[0]}"
        assert [form["scope"] for form in tokens.forms] == ["registry"]


def test_one_login_at_a_time(server: ThreadingHTTPServer) -> None:
    """Which of two would count is nobody's guess."""
    with pytest.raises(Misconfigured, match="STREAMS_REGISTRY_TOKEN"):
        for_registry(settings_for(server, registry_user="u", registry_token=SecretStr("t")))


def test_certificates(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    """Of its authority and of ours; without them nothing is sent."""
    authority = Authority(tmp_path / "authority")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("registry"))
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
    cert, key = authority.issue("worker")
    ours = {"registry_ca_file": authority.ca, "registry_cert_file": cert, "registry_key_file": key}
    ask(settings_for(server, "https", **ours))
    with pytest.raises(Unavailable):
        ask(settings_for(server, "https", registry_ca_file=authority.ca))
    with pytest.raises(Misconfigured, match="STREAMS_REGISTRY_CA_FILE"):
        ask(settings_for(server, "https", **ours | {"registry_ca_file": key}))
