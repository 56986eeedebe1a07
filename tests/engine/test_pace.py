"""Fetches have a pace, and what they find is what aiokafka finds."""

import asyncio
import time
from types import SimpleNamespace

from aiokafka.errors import KafkaError

from streams.engine.faust import pace


class Nodes:
    """Answers no fetch, and notes when it was asked."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []

    async def send(self, node_id: int, request: object) -> None:
        self.asked_s.append(time.monotonic())
        raise KafkaError("nobody answers")


def test_a_fetch_follows_after_a_pause() -> None:
    """A node is asked again only after the pause; another node at once."""
    nodes = Nodes()
    fetcher = pace.Fetcher.__new__(pace.Fetcher)
    fetcher._fetched_s, fetcher._client, fetcher._retry_backoff = {}, nodes, 0.0
    fetcher._invalidate_preferred_read_replica_for_node = lambda *args: None
    request = SimpleNamespace(topics=[])

    async def fetch() -> None:
        for node in (1, 1, 2):
            assert not await fetcher._proc_fetch_request(None, node, request)

    asyncio.run(fetch())
    first_s, second_s, _ = nodes.asked_s
    assert second_s - first_s >= pace.FETCH_EVERY_S * 0.99
