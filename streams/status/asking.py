"""The one client by which workers and gateways are asked: with the token, bounded in time and bytes."""

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import httpx

from streams.ops import unpacking
from streams.ops.settings import Settings

ANSWER_S = 10.0


class NoAnswer(Exception):
    """Nobody answers, or not whole, not in time, with too much. The text is one word for it, without an address.

    `is_away`: there is nobody to connect to.
    """

    def __init__(self, word: str, *, is_away: bool = False) -> None:
        super().__init__(word)
        self.is_away = is_away


class Answered(NamedTuple):
    """The HTTP status of an answer, and its body, unpacked."""

    status: int
    body: bytes


def open_client(settings: Settings | None) -> httpx.AsyncClient:
    """A client that shows the token of the query API, if there is one; None: it shows none. `aclose` it."""
    token = settings.query_token.get_secret_value() if settings else ""
    return httpx.AsyncClient(
        headers={"accept-encoding": unpacking.ACCEPT} | ({"authorization": f"Bearer {token}"} if token else {}),
        timeout=ANSWER_S,
        trust_env=False,  # a proxy would read along who is connected to what, and the token
        verify=_authorities(),
    )


@cache
def _authorities() -> ssl.SSLContext:
    # To read them takes 35 ms, each time.
    return httpx.create_ssl_context(trust_env=False)


async def get(
    client: httpx.AsyncClient,
    url: str,
    bytes_max: int,
    query: Mapping[str, str | int] | None = None,
    *,
    answer_s: float = ANSWER_S,
) -> Answered:
    """What is answered within `answer_s` seconds, to the last byte. Raises NoAnswer."""
    try:
        # Whoever works out an answer sends nothing meanwhile: the client's own patience is for connections.
        patience = httpx.Timeout(ANSWER_S, read=answer_s)
        async with asyncio.timeout(answer_s), client.stream("GET", url, params=query, timeout=patience) as answer:
            return Answered(answer.status_code, await unpacking.read(answer, bytes_max))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NoAnswer(type(error).__name__, is_away=True) from None
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, unpacking.NotWhole, unpacking.TooLarge) as error:
        raise NoAnswer(type(error).__name__) from None
