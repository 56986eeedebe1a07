"""Detects that no gateway was reachable for longer than Junction retries: a dead process, a proxy, a network.

While deliveries arrive, a heartbeat is written once a minute. When they arrive again after a long silence, the newest
heartbeat of all gateways is the start of the outage. It is published for the workers, which request what may be lost.

Heartbeats have the time of the gateway's clock. Signatures keep it right: a gateway whose clock is off by more than
`STREAMS_SIGNATURE_TOLERANCE_S` accepts nothing, and so writes none. A broker's clock is not compared with Junction's,
so its time would be worth less. One error is left: a clock that jumps between an acceptance and the next check.
"""

import asyncio
import time
from collections.abc import Callable

from streams.events import HOUR_MS, topics
from streams.kafka.publisher import Publisher
from streams.ops import log
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.tables.history import outage

CHECK_EVERY_S = 60.0

NewestHeartbeat = Callable[[], int | None]  # Unix milliseconds of the newest heartbeat; raises Unavailable


class Absence:
    """`newest_heartbeat` may block; `accepted` returns how many deliveries this process has accepted."""

    def __init__(
        self, settings: Settings, publisher: Publisher, newest_heartbeat: NewestHeartbeat, accepted: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._newest_heartbeat = newest_heartbeat
        self._accepted = accepted
        self._accepted_before = 0
        self._logger = log.get("gateway")

    async def run(self) -> None:
        """Check once a minute, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            try:
                await self.check(int(time.time() * 1000))
            except Unavailable:
                continue  # the watch logs it

    async def check(self, now_ms: int) -> None:
        """Publish a heartbeat, after a long silence an outage too, if deliveries came since the last check.

        Raises Unavailable.
        """
        accepted = self._accepted()
        if accepted == self._accepted_before:
            return
        newest_ms = await asyncio.to_thread(self._newest_heartbeat)
        found = outage.of(newest_ms, now_ms)
        self._warn_of_future((newest_ms or 0) - now_ms)
        if found:
            hours = round((found.end_ms - found.start_ms) / HOUR_MS, 1)
            self._logger.warning("was_away", hours=hours, since_ms=found.start_ms)
            for partition in range(self._settings.partitions):
                await self._publish(topics.FETCH_PROGRESS, b"outage", outage.encode(found), partition)
        await self._publish(topics.HEARTBEATS, b"gateway", b"", 0)
        self._accepted_before = accepted

    def _warn_of_future(self, ahead_ms: int) -> None:
        # Until that time no outage is detected: a person has to check the clocks, and request what may be missing.
        if ahead_ms > self._settings.signature_tolerance_s * 1000:
            self._logger.warning("heartbeat_from_the_future", ahead_s=ahead_ms // 1000)

    async def _publish(self, topic: str, key: bytes, value: bytes, partition: int) -> None:
        await self._publisher.publish(f"{self._settings.topic_prefix}.{topic}", key, value, [], partition)
