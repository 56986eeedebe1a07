"""`demo --manage`, a slice of it."""

import asyncio
import json

import pytest

from streams.demo.manage.balancer import HOST, balanced
from streams.demo.manage.run import ManagePlan, is_right, run_manage
from streams.demo.options import Options
from streams.ops.settings import Settings

SHORT = Options(once=True, as_json=True, users=2, days=2, seed=1, rate=0, keep=None)


def test_rotated_under_load(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """One rotation through to the end on two gateways, while events come: none lost, none refused with 401."""
    assert run_manage(settings, SHORT, ManagePlan(day_s=4.0, rotations=1, days_away=0)) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["lost"], found["refused_401"], found["given_up"], found["rotations"]) == (0, 0, 0, 1)
    assert found["attempts"] >= found["events"] > 100


def test_what_is_right() -> None:
    """Each of the three makes the exit 1."""
    good = {"lost": 0, "refused_401": 0, "given_up": 0}
    assert is_right(good)
    assert not any(is_right(good | {name: 1}) for name in good)


async def test_connections_go_around() -> None:
    """To each in turn; past one that is away; with none left it is closed."""

    def named(name: bytes):  # type: ignore[no-untyped-def]  # because a handler's type says nothing here
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(name)
            writer.close()

        return answer

    servers = [await asyncio.start_server(named(name), HOST) for name in (b"a", b"b")]
    ports = [one.sockets[0].getsockname()[1] for one in servers]

    async def said(port: int) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, port)
        found = await reader.read()
        writer.close()
        return found

    async with balanced(ports) as port:
        assert {await said(port) for _ in range(2)} == {b"a", b"b"}
        servers[0].close()
        await servers[0].wait_closed()
        assert [await said(port) for _ in range(2)] == [b"b", b"b"]
        servers[1].close()
        await servers[1].wait_closed()
        assert await said(port) == b""
