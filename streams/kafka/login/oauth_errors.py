"""What a token server's failures mean, as errors of ours. No text of the server is shown: it may quote a secret."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2  # what Authlib speaks HTTP with: its errors reach us as they are
from authlib.integrations.base_client import OAuthError

from streams.ops import addresses
from streams.ops.errors import Misconfigured, Unavailable

# RFC 6749, 5.2: what a person has to mend. Any other code is a word of the server's own.
_REFUSALS = {
    "invalid_request": "",
    "invalid_client": "",
    "invalid_grant": "",
    "unauthorized_client": "",
    "unsupported_grant_type": " (STREAMS_OAUTH_GRANT)",
    "invalid_scope": " (STREAMS_OAUTH_SCOPE)",
    "invalid_target": " (STREAMS_OAUTH_AUDIENCE)",  # RFC 8707
}
_NOT_NOW = {"temporarily_unavailable", "server_error", "slow_down"}


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Raises Unavailable for what may pass, Misconfigured for what a person has to mend."""
    server = f"the token server at {addresses.shown(url)}"
    try:
        yield
    except OAuthError as error:
        raise _refused(server, str(error.error)) from None
    except httpx2.HTTPStatusError as error:
        raise _status(server, error.response.status_code) from None
    except httpx2.TransportError as error:
        raise _away(server, error) from None
    # No JSON, no token in it, a life that is no number; packed wrongly, or nested too deeply to be read.
    except (ValueError, TypeError, OverflowError, RecursionError, httpx2.RequestError):
        raise Misconfigured(_not_a_server(server, "")) from None


def _refused(server: str, code: str) -> Unavailable | Misconfigured:
    if code in _NOT_NOW:
        return Unavailable(f"{server} is not well ({code})")
    known = f" ({code})" if code in _REFUSALS else ""
    return Misconfigured(
        f"{server} refuses us{known}: look at STREAMS_OAUTH_CLIENT_ID, STREAMS_OAUTH_CLIENT_SECRET or _KEY_FILE, and "
        f"what that client may ask for{_REFUSALS.get(code, '')}"
    )


def _status(server: str, status: int) -> Unavailable | Misconfigured:
    if status >= 500 or status in (408, 429):
        return Unavailable(f"{server} is not well (HTTP {status})")
    if status in (401, 403):
        return _refused(server, "invalid_client")
    return Misconfigured(_not_a_server(server, f" (HTTP {status})"))


def _away(server: str, error: httpx2.TransportError) -> Unavailable | Misconfigured:
    if "certificate verify failed" in str(error):
        return Misconfigured(
            f"the certificate of {server} is not one of the authority in STREAMS_OAUTH_CA_FILE, is over, or has "
            "another name than STREAMS_OAUTH_TOKEN_URL"
        )
    return Unavailable(f"{server} does not answer ({type(error).__name__})")


def _not_a_server(server: str, why: str) -> str:
    return f"{server} does not answer like one{why}: look at STREAMS_OAUTH_TOKEN_URL"
