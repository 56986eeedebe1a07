"""A proxy of the environment sees nothing that goes by http, not even to this machine."""

import asyncio

import httpx
import pytest

from connectors.contract import proxies
from connectors.junction import open_client
from streams.status import client as status
from tests.connectors.junction.scripted import http, scripted, settings_for

NAMES = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", ["status", "api", "notify"])
async def test_a_proxy_is_not_told(who: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, tokens, ids and alerts go where they are meant for, and to nobody else."""
    for other in NAMES:
        monkeypatch.delenv(other, raising=False)
    async with scripted(http(502)) as proxy, scripted(http(200, b'{"connections":[]}')) as server:
        monkeypatch.setenv(name, proxy.url)
        if who == "status":
            await asyncio.to_thread(status.ask, settings_for(server.url, query_url=server.url), "u1")
        elif who == "api":
            async with open_client(settings_for(server.url)) as client:
                await client.get("/v2/anything")
        else:
            async with httpx.AsyncClient(mounts=proxies.mounts()) as client_of_notify:
                await client_of_notify.post(server.url, content=b"{}")
        assert (len(proxy.requests), len(server.requests)) == (0, 1)


async def test_https_may_take_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked to connect, and learns a name and a port: some networks have no other way out."""
    async with scripted(http(502)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with httpx.AsyncClient(mounts=proxies.mounts()) as client:
            with pytest.raises(httpx.ProxyError):
                await client.post("https://hooks.example.com/secret", content=b"{}")
    assert [(one.method, one.target) for one in proxy.requests] == [("CONNECT", "hooks.example.com:443")]
    assert b"secret" not in b"".join(one.body for one in proxy.requests)
