"""Publisher without Kafka: what a door publishes is kept in a list."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.events import Headers
from streams.ops.errors import Unavailable


class Published(NamedTuple):
    """One record that a MemoryPublisher holds."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    partition: int


@dataclass
class MemoryPublisher:
    """Behaves as KafkaPublisher does. `partitions`: topic → count, as in the cluster.

    `trouble`: raised instead of publishing while it is set. `gate`: publishing waits until it is set.
    """

    partitions: Mapping[str, int]
    record_bytes_max: int = 20 * 1024 * 1024
    records: list[Published] = field(default_factory=list)
    trouble: Unavailable | None = None
    gate: asyncio.Event | None = None
    is_closed: bool = False
    broken: str = ""
    under_way_bytes: int = 0
    on_doubt: Callable[[], None] = lambda: None

    async def publish(self, topic: str, key: bytes, value: bytes, headers: Headers, partition: int) -> None:
        """See Publisher."""
        if self.is_closed:
            raise Unavailable("the publisher is closed")
        if self.gate is not None:
            await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble
        if not 0 <= partition < self.partitions.get(topic, 0):
            raise Unavailable("Kafka did not confirm the record (no such partition)")
        if len(key) + len(value) > self.record_bytes_max:
            raise Unavailable("Kafka did not confirm the record (MSG_SIZE_TOO_LARGE)")
        self.records.append(Published(topic, key, value, list(headers), partition))

    async def close(self, timeout_s: float) -> None:
        """See Publisher."""
        self.is_closed = True
