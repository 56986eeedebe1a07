"""Noticing that we were away for longer than Junction retries, whatever the reason: a dead process, a proxy, a network.

While deliveries come, a heartbeat is written once a minute. When they come again after a long silence, the last
heartbeat says since when there were none, and the workers are told: they ask for what may have been lost. Any number of
gateways: what counts is the newest heartbeat of all.

Heartbeats have the time of the gateway's clock, which is as right as signatures ask for: a gateway whose clock is off
by more than `STREAMS_SIGNATURE_TOLERANCE_S` accepts nothing, and so writes none. (Nobody compares a broker's clock with
Junction's: its time would be worth less.) What is left is a clock that jumps between an acceptance and the next look.
"""

import asyncio
import time
from collections.abc import Callable

from streams.events import topics
from streams.events.times import HOUR_MS
from streams.kafka.publisher import Publisher
from streams.ops import log
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.tables.history import outage

LOOK_S = 60.0

Heard = Callable[[], int | None]  # Unix milliseconds of the newest heartbeat; raises Unavailable


class Absence:
    """`heard` may block; `accepted` counts deliveries of this process."""

    def __init__(self, settings: Settings, publisher: Publisher, heard: Heard, accepted: Callable[[], int]) -> None:
        self._settings = settings
        self._publisher = publisher
        self._heard = heard
        self._accepted = accepted
        self._known = 0
        self._logger = log.get("gateway")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look(int(time.time() * 1000))
            except Unavailable:
                continue  # the watch says it

    async def look(self, now_ms: int) -> None:
        """Once: say that we are here if deliveries have come since the last look. Raises Unavailable."""
        accepted = self._accepted()
        if accepted == self._known:
            return
        heard_ms = await asyncio.to_thread(self._heard)
        found = outage.of(heard_ms, now_ms)
        self._say_future((heard_ms or 0) - now_ms)
        if found:
            hours = round((found.end_ms - found.start_ms) / HOUR_MS, 1)
            self._logger.warning("was_away", hours=hours, since_ms=found.start_ms)
            for partition in range(self._settings.partitions):
                await self._publish(topics.FETCH_PROGRESS, b"outage", outage.encode(found), partition)
        await self._publish(topics.HEARTBEATS, b"gateway", b"", 0)
        self._known = accepted

    def _say_future(self, ahead_ms: int) -> None:
        """Until then no absence is noticed: a person has to look at the clocks, and ask for what may be missing."""
        if ahead_ms > self._settings.signature_tolerance_s * 1000:
            self._logger.warning("heartbeat_from_the_future", ahead_s=ahead_ms // 1000)

    async def _publish(self, topic: str, key: bytes, value: bytes, partition: int) -> None:
        await self._publisher.publish(f"{self._settings.topic_prefix}.{topic}", key, value, [], partition)
