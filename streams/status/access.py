"""Who may ask the query API, and under which name of this host."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from streams.ops import addresses
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.status.answers import error


def check(settings: Settings) -> None:
    """Raises Misconfigured when the API would be open to others without a token."""
    if (
        settings.query_port
        and not addresses.is_loopback(settings.query_host)
        and not settings.query_token.get_secret_value()
    ):
        raise Misconfigured(
            f"STREAMS_QUERY_HOST={settings.query_host} lets others ask who is connected to what: set "
            "STREAMS_QUERY_TOKEN, or bind it to 127.0.0.1"
        )


def refused(request: web.Request, token: str, *, is_guarded: bool) -> web.Response | None:
    """The error to answer, None for a request that is allowed. `is_guarded`: it must name this host."""
    # Without a token only the Host header shows DNS rebinding: a stranger's page whose name resolves to 127.0.0.1.
    if token and not _is_allowed(request.headers, token):
        return error(401, "a token is required: Authorization: Bearer ...")
    if is_guarded and not _is_for_us(request.headers.get("host", "")):
        return error(421, "ask for 127.0.0.1 or localhost, or set STREAMS_QUERY_TOKEN")
    try:
        addresses.segment(request.match_info["user_id"])
    except ValueError:
        return error(400, "not a user id")
    return None


def _is_for_us(host: str) -> bool:
    try:
        return addresses.is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _is_allowed(headers: Mapping[str, str], token: str) -> bool:
    given = headers.get("authorization", "")
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), f"Bearer {token}".encode())
