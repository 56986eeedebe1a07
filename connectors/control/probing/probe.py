"""One probe, sent as Junction sends an event: who answers at a URL, and with which secrets. A connection of its own."""

import asyncio
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from connectors.contract import proxies
from connectors.control.probing.reading import (
    HttpSeen,
    NotTaken,
    ProbeAnswer,
    ProbeFailed,
    ProbeFault,
    ProbeSilent,
    SeenCertificate,
    answer_of,
    of_error,
)
from streams import __version__
from streams.events import probe as probes
from streams.events.signature import sign
from streams.ops import addresses
from streams.ops.errors import Misconfigured

__all__ = ["ANSWER_S", "NotTaken", "ProbeAnswer", "ProbeFailed", "ProbeSilent", "hosts", "probe"]

ANSWER_S = 15.0  # as long as Junction waits (domain file, 7.4)
_ANSWER_BYTES_MAX = 4096
_UNPACKED = {"accept-encoding": "identity"}


async def probe(
    url: str,
    name: str,
    secret: SecretStr,
    *,
    body_bytes: int = probes.BODY_BYTES_MIN,
    headers: Mapping[str, SecretStr] | None = None,
    body: bytes | None = None,
    sender: str = "svix",
    offset_s: int = 0,
    timeout_s: float = ANSWER_S,
    clock: Callable[[], float] = time.time,
) -> ProbeAnswer:
    """Who answers at `url`, the whole URL of the endpoint `name`. `headers`: those that Junction sends along.

    For trials: another `body`, a `sender` whose headers are named otherwise (`webhook`), a clock that is off.
    Raises NotTaken for the constant 401, else ProbeFailed, ProbeSilent; Misconfigured for a secret that signs nothing.
    """
    id = f"{probes.ID_PREFIX}{secrets.token_hex(12)}"
    sent = probes.body_of(id, body_bytes) if body is None else body
    more = {header: value.get_secret_value() for header, value in (headers or {}).items()}
    signed = more | _signature(secret, sender, id, int(clock()) + offset_s, sent)
    try:
        async with asyncio.timeout(timeout_s):
            seen = await _sent(url, sent, signed, timeout_s, clock)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, ValueError) as error:
        raise of_error(error, url) from None
    return answer_of(seen, url, name, len(sent))


def _signature(secret: SecretStr, sender: str, id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    try:
        signature = sign(secret.get_secret_value(), id, timestamp_s, body)
    except ValueError:  # of base64, or of a public key, which verifies alone
        raise Misconfigured("a probe is signed with a secret that begins with whsec_: this one is none") from None
    return {
        "content-type": "application/json",
        "user-agent": f"junction-streams/{__version__}",
        f"{sender}-id": id,
        f"{sender}-timestamp": str(timestamp_s),
        f"{sender}-signature": signature,
    }


async def _sent(
    url: str, body: bytes, headers: Mapping[str, str], timeout_s: float, clock: Callable[[], float]
) -> HttpSeen:
    """Redirects are answers. Raises what httpx raises."""
    timeout = httpx.Timeout(timeout_s)
    async with httpx.AsyncClient(timeout=timeout, mounts=proxies.mounts(), follow_redirects=False) as client:
        began_ms = clock() * 1000
        async with client.stream("POST", url, content=body, headers=_encoded({**headers, **_UNPACKED})) as answer:
            ours_ms = (began_ms, clock() * 1000)
            text = await _begin(answer)
            return HttpSeen(answer.status_code, answer.headers, text, ours_ms, _certificate(answer))


def _encoded(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    """Values as UTF-8, as Svix sends them; httpx alone takes ASCII and no more."""
    return {name.encode(): value.encode() for name, value in headers.items()}


async def _begin(answer: httpx.Response) -> bytes:
    """No more of the body than ours have."""
    found = b""
    async for piece in answer.aiter_raw():
        found += piece
        if len(found) >= _ANSWER_BYTES_MAX:
            break
    return found[:_ANSWER_BYTES_MAX]


def _certificate(answer: httpx.Response) -> SeenCertificate | None:
    """Of the connection, where it has TLS."""
    stream = answer.extensions.get("network_stream")
    session = stream.get_extra_info("ssl_object") if stream is not None else None
    said = session.getpeercert() if session is not None else None
    if not said:
        return None
    return SeenCertificate(*(float(ssl.cert_time_to_seconds(said[name])) for name in ("notBefore", "notAfter")))


async def hosts(url: str) -> tuple[str, ...]:
    """The addresses of a URL's host. Raises ProbeFailed for a name that nobody knows, ProbeSilent where DNS fails."""
    host = urlsplit(url).hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        where = addresses.shown(url)
        if error.errno == socket.EAI_AGAIN:
            raise ProbeSilent(ProbeFault.NAME, f"DNS gives no answer about the host of {where}: try again") from None
        raise ProbeFailed(
            ProbeFault.NAME, f"DNS knows no host of {where}: give it a record (A or AAAA), or mend the URL"
        ) from None
    except (UnicodeError, ValueError):
        raise ProbeFailed(ProbeFault.NAME, f"{addresses.shown(url)} has no host that DNS could know") from None
    return tuple(dict.fromkeys(str(row[4][0]) for row in found))
