"""Every process of every gateway, asked by probes: does it take a secret, has it dropped others, what did each verify.

By probes and not by the admin listener: that is for its own host alone, and would not show that a secret works. Several
processes of a gateway share a port, and each new connection leads to any of them: so it is asked until all have said.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from pydantic import SecretStr

from connectors.control.probing.probe import NotTaken, ProbeAnswer, probe
from connectors.webhook.secret_use import SecretRow
from streams.ops import addresses
from streams.ops.errors import Misconfigured, StreamsError, Unavailable

# Gateways read the file every two seconds; what copies a file to another host, or a Secret into a pod, takes longer.
WAIT_S = 30.0
_AGAIN_S = 0.5
_ASKS_PER_PROCESS = 24  # by chance each is met after a few


class ProcessSight(NamedTuple):
    """One process of a gateway. `uses`: its secrets of the endpoint, the newest first."""

    gateway: str
    instance: str
    uses: tuple[SecretRow, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        return tuple(row.fingerprint for row in self.uses)


class Gateways:
    """Of one endpoint. `urls`: base URLs, one a gateway. `wait_s`: how long they are waited for."""

    def __init__(self, name: str, urls: Collection[str], wait_s: float = WAIT_S) -> None:
        """Raises Misconfigured without any: then nobody could say that they take a secret."""
        if not urls:
            raise Misconfigured(
                f'[endpoint.{name}] of webhooks.toml has no gateways = ["http://10.0.0.1:8080"]: the address of each '
                "gateway itself, past a balancer: all have to take the new secret before Junction signs with it"
            )
        self._name, self._urls, self._wait_s = name, tuple(dict.fromkeys(urls)), wait_s

    async def take(self, secret: SecretStr, fingerprint: str, *, is_first: bool = True) -> list[ProcessSight]:
        """Every process, once all take this secret. `is_first`: as the newest.

        Raises Misconfigured naming the gateways that do not in time, and Unavailable for those that do not answer.
        """
        return await self._until(secret, lambda one: one.fingerprints[0] == fingerprint or not is_first, _NOT_TAKEN)

    async def drop(self, secret: SecretStr, old: Mapping[str, SecretStr | None]) -> None:
        """Once every process is without the old ones: none of their fingerprints, and 401 to a probe by one of them.

        `old`: by fingerprint; None for one whose text nobody has any more. Raises as `take` does.
        """
        await self._until(secret, lambda one: not set(one.fingerprints) & set(old), _NOT_DROPPED)
        for url in self._urls:
            for one, text in old.items():
                if text and await self._is_taken(url, text):
                    where = addresses.shown(url)
                    raise Misconfigured(f"{where} does not name {one} any more, and takes it all the same")

    async def look(self, secret: SecretStr) -> list[ProcessSight | StreamsError]:
        """Every process as it is now; in place of a gateway's, why it did not say."""
        found = await asyncio.gather(*(self._seen(url, secret) for url in self._urls))
        return [each for one in found for each in (one if isinstance(one, list) else [one])]

    async def _until(
        self, secret: SecretStr, is_right: Callable[[ProcessSight], bool], sentence: str
    ) -> list[ProcessSight]:
        deadline_s = time.monotonic() + self._wait_s
        while True:
            found = await self.look(secret)
            sights = [one for one in found if isinstance(one, ProcessSight)]
            errors = [one for one in found if isinstance(one, StreamsError) and not isinstance(one, _NotTakenAt)]
            late = {one.gateway for one in sights if not is_right(one)}
            late |= {one.url for one in found if isinstance(one, _NotTakenAt)}
            if not errors and not late:
                return sights
            if time.monotonic() > deadline_s:
                raise _worst(errors, sorted(late), sentence)
            await asyncio.sleep(_AGAIN_S)

    async def _seen(self, url: str, secret: SecretStr) -> list[ProcessSight] | StreamsError:
        """All processes of one gateway, or why not all of them are known."""
        found: dict[str, ProcessSight] = {}
        try:
            first = await self._ask(url, secret, found)
            for _ in range(_ASKS_PER_PROCESS * first.processes):
                if len(found) >= first.processes:
                    return list(found.values())
                await self._ask(url, secret, found)
        except NotTaken:
            return _NotTakenAt(url)
        except StreamsError as error:
            return error
        return Unavailable(f"{addresses.shown(url)}: only {len(found)} of {first.processes} processes answer")

    async def _ask(self, url: str, secret: SecretStr, found: dict[str, ProcessSight]) -> ProbeAnswer:
        answer = await probe(self._at(url), self._name, secret)
        found[answer.instance] = ProcessSight(url, answer.instance, answer.uses)
        return answer

    async def _is_taken(self, url: str, secret: SecretStr) -> bool:
        try:
            await probe(self._at(url), self._name, secret)
        except NotTaken:
            return False
        return True

    def _at(self, url: str) -> str:
        return f"{url.rstrip('/')}/webhooks/{self._name}"


class _NotTakenAt(Misconfigured):
    """The gateway at this URL answers 401."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{addresses.shown(url)} does not take it (401)")
        self.url = url


_NOT_TAKEN = (
    "{gateways} did not take the new secret in time: nothing was done after that, and nothing is refused. Does its "
    "STREAMS_ENDPOINTS name this file (file:...), and is it the same file there? One that is mounted alone into a "
    "container stays the old one when it is replaced: mount its folder. Copy it where it has to be, and run this again"
)
_NOT_DROPPED = (
    "{gateways} still has an old secret. Is the file there the same one as here, and is the old "
    "secret in STREAMS_ENDPOINTS as well? Take it out, and run this again"
)


def _worst(errors: Sequence[StreamsError], late: Sequence[str], sentence: str) -> StreamsError:
    """A gateway that is not set up right before one that does not answer: it will not get better by waiting."""
    if late:
        return Misconfigured(sentence.format(gateways=" and ".join(map(addresses.shown, late))))
    return next((one for one in errors if isinstance(one, Misconfigured)), errors[0])
