"""The one file here with HTTP: bytes out and in, bounded in time and size. httpx's errors become ours."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from connectors.contract import proxies
from connectors.junction.failures import FailureReason, Refused, TryLater
from connectors.junction.http_status import ApiAnswer
from streams import __version__
from streams.ops import unpacking

_CONNECT_S = 10.0


class HttpTransport:
    """Connections to Junction, kept open. `timeout_s`: for a whole answer. Redirects are answers, not followed: they
    would take the key elsewhere."""

    def __init__(self, *, at_once: int, timeout_s: float, answer_bytes_max: int) -> None:
        self._timeout_s, self._bytes_max = timeout_s, answer_bytes_max
        limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s), pool=None),
            limits=limits,
            mounts=proxies.mounts(limits),
            headers={
                "user-agent": f"junction-streams/{__version__}",
                "accept": "application/json",
                "accept-encoding": unpacking.ACCEPT,
            },
        )

    async def get(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> ApiAnswer:
        """Raises TryLater, Refused."""
        return await self.send("GET", url, params, headers)

    async def post(self, url: str, body: Mapping[str, str], headers: Mapping[str, str]) -> ApiAnswer:
        """`body` goes as JSON. Raises as `get` does."""
        return await self.send("POST", url, None, headers, body)

    async def close(self) -> None:
        await self._client.aclose()

    async def send(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | Sequence[str]] | None,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> ApiAnswer:
        """`params`: a name with several values comes several times. Raises as `get` does."""
        try:
            async with asyncio.timeout(self._timeout_s):  # httpx bounds each read, not the whole answer
                request = self._client.stream(method, url, params=params, headers=headers, json=body)
                async with request as response:
                    return ApiAnswer(response.status_code, response.headers, await self._read(response))
        except (httpx.TimeoutException, TimeoutError):
            raise TryLater(FailureReason.TIMEOUT, f"no whole answer in {self._timeout_s:g} s") from None
        except httpx.InvalidURL:  # the base is checked at the start: this is what a caller added
            raise Refused(FailureReason.BAD_REQUEST, "no address can hold what is asked for") from None
        except httpx.HTTPError as error:
            raise TryLater(FailureReason.NETWORK, type(error).__name__) from None

    async def _read(self, response: httpx.Response) -> bytes:
        """The body, unpacked."""
        try:
            return await unpacking.read(response, self._bytes_max)
        except unpacking.TooLarge as error:
            raise Refused(FailureReason.TOO_LARGE, str(error)) from None
        except unpacking.NotWhole as error:
            raise TryLater(FailureReason.NOT_JSON, str(error)) from None
