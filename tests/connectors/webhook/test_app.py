"""What runs beside the door of one process."""

import asyncio

import pytest

from connectors.webhook import Gateway
from connectors.webhook.limits.connections import Connections
from streams.kafka.memory_publisher import MemoryPublisher
from tests.connectors.webhook.gateways import MARKERS, make_settings


async def test_a_work_that_fails_is_the_gateways_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is logged by kind and place, and whoever serves hears of it: nobody would close connections any more."""

    async def sweep(connections: Connections) -> None:
        raise RuntimeError(MARKERS[0])

    monkeypatch.setattr("connectors.webhook.app.sweep", sweep)
    gateway, failed = Gateway(make_settings(), MemoryPublisher({})), asyncio.Event()
    gateway.on_failure = failed.set
    async with gateway.running(), asyncio.timeout(20):
        await failed.wait()
    said = "".join(capsys.readouterr())
    assert (isinstance(gateway.failure, RuntimeError), "RuntimeError" in said, MARKERS[0] in said) == (
        True,
        True,
        False,
    )
