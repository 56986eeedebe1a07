"""Asks the admin listeners of gateways what their secrets verified."""

from collections.abc import Iterable
from typing import Any

import httpx
import msgspec

from connectors.webhook.secret_use import SecretRow
from streams.ops import addresses
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.status.asking import NoAnswer, get, open_client

_ANSWER_BYTES_MAX = 4 * 1024 * 1024
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


def own_url(settings: Settings) -> str:
    """Of the admin listener that the settings name. Raises Misconfigured where they leave its port open."""
    host = settings.gateway_admin_host
    if not settings.gateway_admin_port:
        raise Misconfigured("STREAMS_GATEWAY_ADMIN_PORT=0 is any free port: name the gateway's with --url")
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.gateway_admin_port}"


async def ask_all(urls: Iterable[str]) -> list[list[SecretRow]]:
    """The rows of each process of each gateway. Raises Unavailable for the first that does not answer as one."""
    async with open_client(None) as client:  # addresses of the command line are given no token
        return [rows for url in urls for rows in _by_process(await _ask(client, url))]


def _by_process(rows: Iterable[SecretRow]) -> Iterable[list[SecretRow]]:
    found: dict[int, list[SecretRow]] = {}
    for row in rows:
        found.setdefault(row.process, []).append(row)
    return found.values()


async def _ask(client: httpx.AsyncClient, url: str) -> list[SecretRow]:
    shown = addresses.shown(url)
    try:
        _, body = await get(client, f"{url.rstrip('/')}/secrets", _ANSWER_BYTES_MAX)
    except NoAnswer as why:
        raise Unavailable(f"no gateway's admin listener answers at {shown} ({why})") from None
    try:
        return [msgspec.convert([row.get(name) for name in SecretRow._fields], SecretRow) for row in _decode(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Unavailable(f"what answers at {shown} is no gateway's admin listener") from None
