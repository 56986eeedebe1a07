"""Delivery over real HTTP, verified by the svix library."""

import asyncio
import socket
import time

import pytest

from streams.ops.errors import Unavailable
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.schedule import Cause, Faults, schedule
from tests.simulator.receiver import SECRET, Receiver, running
from tests.simulator.worlds import events

SOME = events()[:300]


async def test_every_event_arrives_signed_and_unchanged() -> None:
    """Each event arrives under its own message id with the bytes that the world made; the tally says so."""
    attempts = list(schedule(SOME, Faults()))
    async with running(Receiver()) as receiver, open_courier(Target(receiver.url, SECRET)) as courier:
        tally = await courier.deliver(attempts)
    assert receiver.bodies == {event.message_id: event.body for event in SOME}
    assert receiver.refused == 0
    assert receiver.stored.total() == tally.accepted == tally.sent == len(attempts)
    assert tally.causes[Cause.FIRST] == len(SOME)
    assert tally.statuses == {"204": len(attempts)}


async def test_failures_are_retried_until_accepted() -> None:
    """A receiver that fails at random ends up with every event; each repeated post counts as retried."""
    async with running(Receiver(failures=0.3)) as receiver, open_courier(Target(receiver.url, SECRET)) as courier:
        tally = await courier.deliver(schedule(SOME[:60], Faults(1, 0, 0, 0, 0)))
    assert set(receiver.stored) == {event.message_id for event in SOME[:60]}
    assert tally.accepted == 60
    assert tally.retried == receiver.failed == tally.sent - 60 > 0


async def test_a_wrong_secret_is_refused_and_not_retried() -> None:
    """401 will not get better: counted, and on with the next."""
    other = "whsec_" + "QUJD" * 8
    async with running(Receiver()) as receiver, open_courier(Target(receiver.url, other)) as courier:
        tally = await courier.deliver(schedule(SOME[:20], Faults(1, 0, 0, 0, 0)))
    assert (tally.refused, tally.accepted, tally.retried) == (20, 0, 0)
    assert receiver.refused == 20


async def test_nobody_there_is_said_once() -> None:
    """When nothing is accepted within the patience, the run stops with a sentence that says what to do."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/webhooks/junction"
        async with open_courier(Target(url, SECRET, connections=4, patience_s=0.3)) as courier:
            with pytest.raises(Unavailable, match="start the gateway"):
                await courier.deliver(schedule(SOME, Faults()))


async def test_a_dropped_connection_is_retried() -> None:
    """A receiver that hangs up without an answer gets the delivery again."""
    hung_up = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal hung_up
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))
        if hung_up < 2:
            hung_up += 1
        else:
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, open_courier(Target(url, SECRET, connections=1)) as courier:
        status = await courier.insist("msg_1", b"{}")
    assert (status, hung_up, courier.tally.accepted) == (204, 2, 1)


async def test_a_rate_is_kept() -> None:
    """Deliveries leave no faster than the rate, however quick the receiver is."""
    async with running(Receiver()) as receiver, open_courier(Target(receiver.url, SECRET)) as courier:
        began = time.monotonic()
        await courier.deliver(schedule(SOME[:11], Faults(1, 0, 0, 0, 0)), rate_per_s=50)
    assert time.monotonic() - began >= 10 / 50
