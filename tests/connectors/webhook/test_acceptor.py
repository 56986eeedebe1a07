"""Accepting connections: what is closed while it arrives leaves nothing behind."""

import asyncio

import pytest
import uvloop

from connectors.webhook import Gateway
from connectors.webhook.limits.connections import Connection, Connections
from connectors.webhook.server import listener, port_of, public_server
from streams.kafka.memory_publisher import MemoryPublisher
from tests.connectors.webhook.gateways import make_settings


class Hasty(Connections):
    """Each connection is given up so many turns of the loop after it was counted."""

    def __init__(self, turns: int) -> None:
        super().__init__(16, 16)
        self._turns = turns

    def opened(self, new: Connection, now_s: float) -> None:
        super().opened(new, now_s)
        self._after(self._turns, new, now_s)

    def _after(self, turns: int, new: Connection, now_s: float) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._after, turns - 1, new, now_s)
        else:
            self._close(new, "too_many", now_s)


@pytest.mark.parametrize("turns", range(1, 6))
def test_given_up_while_it_arrives(turns: int) -> None:
    """Before its task has begun, before it has a transport, or after: it is closed, counted no more, and forgotten."""

    async def run() -> tuple[bytes, int, int, int]:
        gateway = Gateway(make_settings(), MemoryPublisher({}))
        connections = Hasty(turns)
        server = public_server(gateway.door, gateway.senders, connections)
        listening = listener("127.0.0.1", 0)
        listening.listen()
        serving = asyncio.create_task(server.serve([listening]))
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(listening))
        writer.write(b"POST /webhooks/junction HTTP/1.1\r\n")
        try:
            said = await reader.read()
        except ConnectionResetError:
            said = b""
        writer.close()
        n_known = len(server.server_state.connections)
        server.should_exit = True
        await serving
        return said, n_known, connections.n_open, gateway.senders.at("127.0.0.1").n_connections

    assert uvloop.run(asyncio.wait_for(run(), 20)) == (b"", 0, 0, 0)
