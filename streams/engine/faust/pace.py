"""How often a broker is asked for records.

A fetch names every partition that we read, and so does its answer: with a hundred of them it costs a millisecond of
Python here and about as much in the broker, whether there are records or not. A broker answers as soon as it has one
record, so at 500 records/s, without a pause, there were 280 fetches/s, and the transactions had no use for them.
"""

import asyncio
import time
from typing import Any

from aiokafka.consumer import consumer, fetcher

FETCH_EVERY_S = 0.02  # at most; one that waits for records at the broker takes longer


class Fetcher(fetcher.Fetcher):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """aiokafka's, with a pause before a fetch that follows another one soon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._fetched_s: dict[int, float] = {}  # node → monotonic time at which its last fetch was sent
        super().__init__(*args, **kwargs)

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: Any) -> bool:
        # aiokafka has one fetch a node under way, and drops what it answers of a partition that was moved meanwhile.
        await asyncio.sleep(max(0.0, self._fetched_s.get(node_id, 0.0) + FETCH_EVERY_S - time.monotonic()))
        self._fetched_s[node_id] = time.monotonic()
        has_records: bool = await super()._proc_fetch_request(assignment, node_id, request)
        return has_records


def install() -> None:
    """From now on every aiokafka consumer of this process fetches at this pace."""
    consumer.Fetcher = Fetcher
