"""Posting as Junction does: signed by Svix's rules, anything but 2xx is a failure, retried until accepted or given up.

Delivery guarantee: an event is counted as accepted only after a 2xx; one that is never accepted is counted, not hidden.
aiohttp and not httpx: a post costs 0.2 ms of CPU instead of 1.2 ms (4.7 ms from a pool of 32), and the receiver shares
the machine. It comes with Faust.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import stamina

from streams.events import signature
from streams.ops.errors import Unavailable
from streams.simulator.delivery.pace import Pace
from streams.simulator.delivery.schedule import Attempt

TIMEOUT_S = 15  # Junction's patience (domain file, 7.4)
_AGAIN = frozenset({408, 429})  # refusals that ask to come back; other 4xx will not get better
_WAIT_FIRST_S, _WAIT_MAX_S = 0.1, 3.0  # Junction waits 5 s to 10 h; here a day passes in seconds


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and with which secret. `patience_s`: when an event is given up; then, if nothing else was accepted in
    that time either, the whole run."""

    url: str
    secret: str
    connections: int = 32
    patience_s: float = 60.0


@dataclass(slots=True)
class Tally:
    """What happened. `sent` counts requests, `retried` those among them that repeat a failed one; the rest events."""

    sent: int = 0
    accepted: int = 0
    refused: int = 0
    given_up: int = 0
    retried: int = 0
    body_bytes: int = 0
    virtual_ms: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        """Attempts of the schedule that have ended, one way or another."""
        return self.accepted + self.refused + self.given_up


class NotAccepted(Exception):
    """No 2xx this time, but a later one is possible."""


class Courier:
    """One sender with its own connections. Use `open_courier`."""

    def __init__(self, target: Target, session: aiohttp.ClientSession, tally: Tally | None = None) -> None:
        self.target = target
        self.tally = tally or Tally()
        self._session = session
        self._accepted_at = time.monotonic()

    async def deliver(
        self, attempts: Iterable[Attempt], rate_per_s: float = 0, progress: Callable[[Tally], None] | None = None
    ) -> Tally:
        """Post them all, at most `connections` at a time; 0 as rate: as fast as the receiver takes them.

        Raises Unavailable when nothing was accepted for `patience_s`.
        """
        pace = Pace(iter(attempts), rate_per_s)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.target.connections):
                    group.create_task(self._work(pace, progress))
        except* Unavailable as failed:
            raise failed.exceptions[0] from None
        return self.tally

    async def _work(self, pace: Pace, progress: Callable[[Tally], None] | None) -> None:
        async for attempt in pace:
            self.tally.causes[attempt.cause] += 1
            await self.insist(attempt.event.message_id, attempt.event.body)
            self.tally.virtual_ms = max(self.tally.virtual_ms, attempt.due_ms)
            if progress is not None:
                progress(self.tally)

    async def insist(self, message_id: str, body: bytes) -> int | None:
        """Post until there is an answer to stay with: its status, or None after `patience_s` without one."""
        try:
            return await self._post(message_id, body)
        except NotAccepted:
            return await self._retry(message_id, body)

    async def _retry(self, message_id: str, body: bytes) -> int | None:
        bounds = {"wait_initial": _WAIT_FIRST_S, "wait_max": _WAIT_MAX_S, "timeout": self.target.patience_s}
        try:
            async for trial in stamina.retry_context(on=NotAccepted, attempts=None, **bounds):
                with trial:
                    self.tally.retried += 1
                    return await self._post(message_id, body)
        except NotAccepted as last:
            self.tally.given_up += 1
            if time.monotonic() - self._accepted_at > self.target.patience_s:
                raise Unavailable(
                    f"{self.target.url} accepts nothing ({last}); start the gateway, see its log"
                ) from None
        return None

    async def _post(self, message_id: str, body: bytes) -> int:
        """One request. Each attempt is signed anew, with the time of the attempt (7.3). Raises NotAccepted."""
        headers = signed(self.target.secret, message_id, int(time.time()), body)
        self.tally.sent += 1
        self.tally.body_bytes += len(body)
        try:
            async with self._session.post(self.target.url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.tally.statuses[type(error).__name__] += 1
            raise NotAccepted(type(error).__name__) from None
        self.tally.statuses[str(status)] += 1
        return self._judge(status)

    def _judge(self, status: int) -> int:
        if 200 <= status < 300:
            self.tally.accepted += 1
            self._accepted_at = time.monotonic()
        elif 400 <= status < 500 and status not in _AGAIN:
            self.tally.refused += 1
        else:
            raise NotAccepted(f"status {status}")
        return status


def signed(secret: str, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The headers of a delivery."""
    return {
        "svix-id": message_id,
        "svix-timestamp": str(timestamp_s),
        "svix-signature": signature.sign(secret, message_id, timestamp_s, body),
    }


@asynccontextmanager
async def open_courier(target: Target, tally: Tally | None = None) -> AsyncIterator[Courier]:
    """A courier whose connections are closed at the end. `tally`: where it counts, for whoever stops it."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=target.connections),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        headers={"content-type": "application/json", "user-agent": "Svix-Webhooks/1.76 (junction-streams simulator)"},
        skip_auto_headers=("accept", "accept-encoding"),
    )
    async with session:
        yield Courier(target, session, tally)
