"""Deliveries at a rate, each retried under its id until there is a 2xx, as Junction does but in seconds."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from streams.events import new_message_id
from streams.simulator.delivery.courier import TIMEOUT_S, signed

AT_ONCE = 512  # requests under way
RETRIES_S = (2.0, 20.0, 40.0)  # then the last again; Junction: 5 s, 5 min, 30 min, ... and what Retry-After asks for
KEEP_ALIVE_S = 2.0
JITTER = 0.2  # Svix's
USERS = 400
_SAMPLES = [{"timestamp": f"2026-06-03T10:{n // 60:02}:{n % 60:02}+00:00", "value": 50 + n % 80} for n in range(180)]
# (share of the deliveries, event type, data)
MIX = (
    (0.30, "daily.data.heartrate.created", {"source": {"provider": "garmin"}, "data": _SAMPLES}),
    (0.40, "daily.data.sleep.created", {"id": "s", "calendar_date": "2026-06-03", "filler": "x" * 600}),
    (0.10, "provider.connection.created", {"provider": {"slug": "garmin"}, "resources": {}}),
    (0.10, "historical.data.sleep.created", {"provider": "garmin"}),
    (0.10, "labtest.order.created", {"id": "o"}),
)


@dataclass(slots=True)
class Delivery:
    """`answers`: (seconds it took, status or the name of the error) of each attempt."""

    id: str
    event_type: str
    body: bytes
    answers: list[tuple[float, str]] = field(default_factory=list)

    @property
    def is_accepted(self) -> bool:
        return bool(self.answers) and self.answers[-1][1].startswith("2")


def deliveries(chance: random.Random) -> Iterator[Delivery]:
    """Without end, of all kinds."""
    shares = [share for share, _, _ in MIX]
    while True:
        _, event_type, data = chance.choices(MIX, shares)[0]
        id_ = new_message_id(int(time.time() * 1000), chance.randbytes(15))
        body = {"event_type": event_type, "user_id": f"user-{chance.randrange(USERS)}", "data": data, "n": id_}
        yield Delivery(id_, event_type, json.dumps(body).encode())


class Sender:
    """Sends until `stop`; then `finish` waits for retries. `secret` may be changed meanwhile."""

    def __init__(self, url: str, secret: str, rate: float, seed: int, retries_s: tuple[float, ...] = RETRIES_S) -> None:
        self.sent: list[Delivery] = []
        self.now: Counter[str] = Counter()  # answers since somebody took them
        self.slowest_s = 0.0
        self.secret = secret
        self._url, self._rate, self._chance = url, rate, random.Random(seed)
        self._retries_s = retries_s
        self._open: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Start deliveries at the rate until `stop`."""
        self._session = aiohttp.ClientSession(
            # Shorter than a server's: one that is reused at the moment it is closed would look like a reset.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            headers={"content-type": "application/json"},
        )
        began_s = time.monotonic()
        for n, delivery in enumerate(deliveries(self._chance)):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), max(0.0, began_s + n / self._rate - time.monotonic()))
            if self._stopping.is_set():
                return
            self.sent.append(delivery)
            task = asyncio.create_task(self._insist(delivery))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    @property
    def waiting(self) -> int:
        """Deliveries that have no 2xx yet."""
        return len(self._open)

    async def finish(self, patience_s: float) -> None:
        """No new ones; wait until each has its 2xx, or the patience is over."""
        self._stopping.set()
        if self._open:
            await asyncio.wait(self._open, timeout=patience_s)
        for task in list(self._open):
            task.cancel()
        await self._session.close()

    async def _insist(self, delivery: Delivery) -> None:
        while True:
            asked_s = await self._attempt(delivery)
            if delivery.is_accepted:
                return
            planned_s = self._retries_s[min(len(delivery.answers), len(self._retries_s)) - 1]
            # Svix: between the planned delay and twice that.
            wait_s = min(max(planned_s, asked_s), 2 * planned_s)
            await asyncio.sleep(wait_s * self._chance.uniform(1 - JITTER, 1 + JITTER))

    async def _attempt(self, delivery: Delivery) -> float:
        """One post; what Retry-After asks for, in seconds."""
        async with self._places:
            began_s, asked = time.monotonic(), "0"
            headers = signed(self.secret, delivery.id, int(time.time()), delivery.body)
            try:
                async with self._session.post(self._url, data=delivery.body, headers=headers) as reply:
                    outcome, asked = str(reply.status), reply.headers.get("retry-after", "0")
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                outcome = type(error).__name__
            seconds = time.monotonic() - began_s
        delivery.answers.append((seconds, outcome))
        self.now[outcome] += 1
        self.slowest_s = max(self.slowest_s, seconds)
        return float(asked)
