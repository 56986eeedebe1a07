"""The admin listener: what it shows, to whom; and that the public port shows nothing of it."""

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry

from connectors.webhook.admin import Views, admin_app
from streams.status.refused_page import RefusedPage, RefusedQuery
from tests.connectors.webhook.gateways import Running, make_settings, start

PATHS = ("/livez", "/readyz", "/metrics", "/secrets", "/refused")


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with start(make_settings()) as running:
        yield running


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", ""])
def test_no_other_name_on_loopback(gateway: Running, host: str) -> None:
    """A page in a browser of this machine cannot read it by a name of its own that leads here (DNS rebinding)."""
    port = gateway.admin.rpartition(":")[2]
    for path in PATHS:
        for named in (host, f"{host}:{port}"):
            reply = httpx.get(gateway.admin + path, headers={"host": named})
            assert (reply.status_code, reply.text) == (400, "Invalid host header")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_names_of_this_machine(gateway: Running, host: str) -> None:
    """By its own names every page answers, with a port and without."""
    port = gateway.admin.rpartition(":")[2]
    for path in PATHS:
        for named in (host, f"{host}:{port}"):
            assert httpx.get(gateway.admin + path, headers={"host": named}).status_code == 200


@pytest.mark.parametrize(
    ("bound_to", "asked_for", "status"),
    [
        ("127.0.0.1", "evil.example", 400),
        ("localhost", "evil.example", 400),
        ("::1", "evil.example", 400),
        ("127.0.0.2", "127.0.0.2:8081", 200),
        ("::", "gateway.internal:8081", 200),
        ("10.1.2.3", "gateway.internal", 200),
    ],
)
async def test_hosts_by_where_it_listens(bound_to: str, asked_for: str, status: int) -> None:
    """On loopback only names of this machine; where it is opened to a network, whatever others call it."""

    async def trouble() -> str:
        return ""

    async def secrets() -> list[dict[str, str]]:
        return []

    async def refused(query: RefusedQuery) -> RefusedPage:
        return RefusedPage([], [], False)

    app = admin_app(Views(trouble, secrets, refused, CollectorRegistry()), bound_to, None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{asked_for}") as client:
        assert (await client.get("/livez")).status_code == status


@pytest.mark.parametrize("path", [*PATHS, "/healthz", "/docs", "/"])
def test_strangers_see_none_of_it(gateway: Running, path: str) -> None:
    """The public port knows webhooks alone, whatever host is asked for."""
    for host in ("localhost", "127.0.0.1:8081", "evil.example"):
        assert httpx.get(gateway.url + path, headers={"host": host}).status_code == 404


def test_no_webhooks_there(gateway: Running) -> None:
    """The admin listener takes no events."""
    assert httpx.post(f"{gateway.admin}/webhooks/junction").status_code == 404
