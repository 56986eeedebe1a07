"""Who may ask a worker, or a gateway what it refused, and under which name of this host. For any server."""

import hmac
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from streams.ops import addresses
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings


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


class NotAllowed(NamedTuple):
    """Why a request is not answered: an HTTP status, and a sentence."""

    status: int
    sentence: str


class Guard(NamedTuple):
    """Who may ask: whoever knows `token`; where there is none, this machine alone, by a name of its own.

    `is_loopback`: others do not reach the address that it listens on.
    """

    token: str
    is_loopback: bool

    def judge(self, headers: Mapping[str, str]) -> NotAllowed | None:
        """None for a request that is allowed. `headers`: found by names in lower case."""
        if self.token:
            is_known = _is_allowed(headers, self.token)
            return None if is_known else NotAllowed(401, "a token is required: Authorization: Bearer ...")
        if not self.is_loopback:
            return NotAllowed(403, "others reach this address: set STREAMS_QUERY_TOKEN, and ask with it")
        # Without a token only the Host header shows DNS rebinding: a stranger's page whose name resolves to 127.0.0.1.
        if not _is_for_us(headers.get("host", "")):
            return NotAllowed(421, "ask for 127.0.0.1 or localhost, or set STREAMS_QUERY_TOKEN")
        return None


def guard_of(settings: Settings, host: str) -> Guard:
    """The guard of what listens on `host`."""
    return Guard(settings.query_token.get_secret_value(), addresses.is_loopback(host))


def _is_for_us(host: str) -> bool:
    try:
        return addresses.is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _is_allowed(headers: Mapping[str, str], token: str) -> bool:
    given = headers.get("authorization", "")
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), f"Bearer {token}".encode())
