"""How soon the watch asks Kafka."""

import asyncio

import pytest

from connectors.webhook import watch as watching
from connectors.webhook.watch import Watch
from streams.ops.errors import Unavailable


async def test_a_doubt_is_looked_into_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who misses a confirmation makes the watch ask, long before its next check; the answer is the trouble."""
    monkeypatch.setattr(watching, "_RETRY_S", 0.0)
    monkeypatch.setattr(watching, "_CHECK_EVERY_S", 3600.0)
    is_away = False

    def probe(whole: bool) -> None:
        if is_away:
            raise Unavailable("Kafka is away")

    watch = Watch(probe)
    task = asyncio.create_task(watch.run())
    async with asyncio.timeout(30):
        await watch.answered.wait()
        assert watch.trouble == ""
        is_away = True
        watch.doubt()
        while not watch.trouble:  # noqa: ASYNC110  # because the watch has no event for it, and needs none
            await asyncio.sleep(0)
        is_away = False
        while watch.trouble:  # noqa: ASYNC110  # because of the same
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
