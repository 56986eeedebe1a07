"""The whole way from here to a gateway, tried: a small body, a large one, and, where one is refused, what is wrong.

A gateway says 401 to whatever it cannot verify, and never why. So the question is asked again with one thing less each
time: without odd bytes, under the other names of headers, by other clocks. What is taken then names the cause.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from pydantic import SecretStr

from connectors.control.probing.probe import ANSWER_S, NotTaken, ProbeAnswer, ProbeFailed, ProbeSilent, hosts, probe
from streams.events import probe as probes

LARGE_BYTES = 1 << 20
# What anybody who reads JSON and writes it again would write: as small as it goes, without an escape.
_PLAIN = f'{{"event_type":"{probes.TYPE}"}}'.encode()
# The tolerance on either side of a second try is ten minutes: these meet each clock that is off by less than half an
# hour, and those that have the time of a zone next to ours.
_CLOCKS_S = (-540, 540, -1080, 1080, -1620, 1620, -3600, 3600, -7200, 7200)


class Culprit(StrEnum):
    """Why a right body with a right signature is refused."""

    BODY = "body"
    HEADERS = "headers"
    CLOCK = "clock"
    SECRET = "secret"  # noqa: S105  # because it names what is wrong


class ProbeTrial(NamedTuple):
    """What was seen. `hosts`: addresses of the URL's host; empty where a proxy of ours looks them up.

    `answers`: to the small body, then to the large one. `failure`: of the first that had none, of `failed_bytes`;
    `culprit`: of a 401, and by how many seconds the gateway's clock is ahead then.
    """

    url: str
    name: str
    hosts: tuple[str, ...] = ()
    answers: tuple[ProbeAnswer, ...] = ()
    failure: ProbeFailed | ProbeSilent | None = None
    failed_bytes: int = 0
    culprit: Culprit | None = None
    ahead_s: int = 0


class ProbeRoute(NamedTuple):
    """Where to, and with what. `headers`: those that Junction sends along."""

    url: str
    name: str
    secret: SecretStr
    headers: Mapping[str, SecretStr] = {}
    timeout_s: float = ANSWER_S
    clock: Callable[[], float] = time.time

    async def ask(self, body_bytes: int = probes.BODY_BYTES_MIN) -> ProbeAnswer:
        """As `probe` does, and raises so."""
        return await probe(
            self.url,
            self.name,
            self.secret,
            body_bytes=body_bytes,
            headers=self.headers,
            timeout_s=self.timeout_s,
            clock=self.clock,
        )

    async def is_taken(self, *, sender: str = "svix", offset_s: int = 0) -> bool:
        """Whether a plain body gets through so."""
        try:
            await probe(
                self.url,
                self.name,
                self.secret,
                body=_PLAIN,
                headers=self.headers,
                sender=sender,
                offset_s=offset_s,
                timeout_s=self.timeout_s,
                clock=self.clock,
            )
        except (ProbeFailed, ProbeSilent):
            return False
        return True


async def try_route(route: ProbeRoute) -> ProbeTrial:
    """Never raises for anything on the way. Raises Misconfigured for a secret that signs nothing."""
    trial = ProbeTrial(route.url, route.name)
    sizes = (probes.BODY_BYTES_MIN, LARGE_BYTES)
    for n_bytes in sizes:
        try:
            if not trial.hosts and not _is_through_proxy(route.url):
                trial = trial._replace(hosts=await hosts(route.url))
            trial = trial._replace(answers=(*trial.answers, await route.ask(n_bytes)))
        except NotTaken as failure:
            culprit, ahead_s = (Culprit.BODY, 0) if trial.answers else await _culprit(route)
            return trial._replace(failure=failure, failed_bytes=n_bytes, culprit=culprit, ahead_s=ahead_s)
        except (ProbeFailed, ProbeSilent) as failure:
            return trial._replace(failure=failure, failed_bytes=n_bytes)
    return trial


async def try_routes(routes: list[ProbeRoute]) -> list[ProbeTrial]:
    """Side by side."""
    return list(await asyncio.gather(*map(try_route, routes)))


async def _culprit(route: ProbeRoute) -> tuple[Culprit, int]:
    if await route.is_taken():
        return Culprit.BODY, 0
    if await route.is_taken(sender="webhook"):
        return Culprit.HEADERS, 0
    taken = await asyncio.gather(*(route.is_taken(offset_s=offset_s) for offset_s in _CLOCKS_S))
    fitting = [offset_s for offset_s, is_taken in zip(_CLOCKS_S, taken, strict=True) if is_taken]
    return (Culprit.CLOCK, fitting[0]) if fitting else (Culprit.SECRET, 0)


def _is_through_proxy(url: str) -> bool:
    """Whether a proxy of the environment looks the name up, of https alone (`contract.proxies`)."""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    return url.startswith("https:") and any(os.environ.get(name) for name in names)
