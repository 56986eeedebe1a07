"""What happens to the door while a real RabbitMQ, or what is in it, goes."""

import asyncio
from collections.abc import Awaitable, Callable

import aiormq
import pytest
import stamina
from aiormq.abc import AbstractChannel
from pamqp import encode
from pamqp.commands import Basic

from connectors.contract.source import SourceMessage
from connectors.rabbitmq.source import RabbitSource
from connectors.rabbitmq.topology import declare
from streams.demo.pipelines.rabbitmq import RabbitMQ
from streams.events.record_bounds import ROOM_BYTES
from streams.ops.errors import Misconfigured, Reason, Unavailable
from streams.ops.settings import Settings
from tests.doors import SLEEP, body_of

SMALL = 4096  # what a record holds in these tests


@pytest.fixture
def broker(rabbitmq: RabbitMQ, prefix: str) -> Settings:
    """Settings for RabbitMQ alone, with names of this test's own."""
    own = {"rabbitmq_url": rabbitmq.url, "rabbitmq_queue": prefix, "rabbitmq_exchange": prefix}
    return Settings(_env_file=None, **own)


async def open_channel(settings: Settings) -> AbstractChannel:
    return await (await aiormq.connect(settings.rabbitmq_url.get_secret_value())).channel()


async def waiting(settings: Settings, suffix: str = "") -> int:
    channel = await open_channel(settings)
    found = await channel.queue_declare(settings.rabbitmq_queue + suffix, passive=True)
    await channel.connection.close()
    return found.message_count or 0


def check_waiting(settings: Settings, wanted: int, suffix: str = "") -> None:
    """So many messages wait in the queue, in the end: RabbitMQ brings them back after a connection has been closed."""
    for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=30.0, wait_max=0.2):
        with attempt:
            assert asyncio.run(waiting(settings, suffix)) == wanted


async def received(source: RabbitSource, n_messages: int) -> list[SourceMessage]:
    found: list[SourceMessage] = []
    while len(found) < n_messages:
        found.extend(await source.receive(100))
    return found


def with_bodies(
    settings: Settings, bodies: list[bytes], work: Callable[[RabbitSource, AbstractChannel], Awaitable[None]]
) -> None:
    """A new queue with these, a source, and a channel of somebody else."""

    async def run() -> None:
        await declare(settings)
        channel, source = await open_channel(settings), RabbitSource(settings)
        for body in bodies:
            await channel.basic_publish(body, exchange=settings.rabbitmq_exchange, routing_key=SLEEP)
        try:
            await work(source, channel)
        finally:
            await source.close()
            await channel.connection.close()

    asyncio.run(run())


@pytest.mark.parametrize("large", [(2,), (0,), (0, 1, 2), (1,)])
def test_what_fits_into_no_record_is_kept_by_rabbitmq(broker: Settings, large: tuple[int, ...]) -> None:
    """Wherever it stands among others, it goes to the dead-letter queue, and the channel goes on."""
    settings = broker.model_copy(update={"record_bytes_max": ROOM_BYTES + SMALL, "body_bytes_max": SMALL})
    bodies = [bytes(2 * SMALL) if n in large else body_of(n) for n in range(3)]

    async def work(source: RabbitSource, channel: AbstractChannel) -> None:
        messages = await received(source, 3)
        for n in large:
            opened = messages[n].open()
            assert (opened.body, opened.left_out) == (b"", 2 * SMALL)
            assert opened.rejection is not None
            assert opened.rejection.reason is Reason.TOO_LARGE
        await source.acknowledge(messages)
        await channel.basic_publish(body_of(9), exchange=settings.rabbitmq_exchange, routing_key=SLEEP)
        [message] = await received(source, 1)
        assert message.open().body == body_of(9)

    with_bodies(settings, bodies, work)
    check_waiting(settings, len(large), ".dead")
    check_waiting(settings, 1)


def test_only_what_was_handed_over_is_acknowledged(broker: Settings) -> None:
    """Behind the last one acknowledged, messages that are still open come again."""

    async def work(source: RabbitSource, channel: AbstractChannel) -> None:
        await source.acknowledge((await received(source, 3))[:2])

    with_bodies(broker, [body_of(n) for n in range(3)], work)
    check_waiting(broker, 1)


def test_a_deleted_queue_is_noticed(broker: Settings) -> None:
    """The channel stays open and nothing comes any more: it is no quiet queue, and the sentence says what to do."""

    async def work(source: RabbitSource, channel: AbstractChannel) -> None:
        await received(source, 1)
        await channel.queue_delete(broker.rabbitmq_queue)
        with pytest.raises(Unavailable, match="deleted"):
            await received(source, 1)
        with pytest.raises(Misconfigured, match="has no queue"):
            await source.receive(1)

    with_bodies(broker, [body_of(1)], work)


def test_a_connection_that_others_close_is_opened_again(broker: Settings) -> None:
    """What was held comes again; the tag of a channel that is gone acknowledges nothing."""

    async def work(source: RabbitSource, channel: AbstractChannel) -> None:
        held = await received(source, 1)
        assert source._link is not None
        await source._link.channel.close()
        with pytest.raises(Unavailable):
            await source.receive(1)
        [again] = await received(source, 1)
        with pytest.raises(Unavailable, match="gives again"):
            await source.acknowledge(held)
        await source.acknowledge([again])

    with_bodies(broker, [body_of(1)], work)
    assert asyncio.run(waiting(broker)) == 0


class _NoUtf8(str):
    """Of AMQP a string is bytes: a publisher may write any."""

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return b"daily.\xff"


@pytest.mark.parametrize("place", ["routing_key", "message_id", "content_encoding"])
def test_a_name_that_is_no_utf8_is_a_dead_letter(broker: Settings, place: str) -> None:
    """The client's library ended the connection for it: the queue handed it out for ever, and nothing behind it."""
    assert encode.short_string(_NoUtf8("daily.x")) == b"\x07daily.\xff"

    async def work(source: RabbitSource, channel: AbstractChannel) -> None:
        name, key = _NoUtf8("daily.x"), SLEEP
        properties = Basic.Properties()
        if place == "routing_key":
            key = name
        else:
            properties = Basic.Properties(**{place: name})
        await channel.basic_publish(
            body_of(1), exchange=broker.rabbitmq_exchange, routing_key=key, properties=properties
        )
        [message] = await received(source, 1)
        rejection = message.open().rejection
        assert rejection is not None
        assert rejection.reason is Reason.UNKNOWN_CODEC
        await source.acknowledge([message])

    with_bodies(broker, [], work)
    assert asyncio.run(waiting(broker)) == 0


class _Raw(Basic.Properties):
    """Flags and bytes as a publisher may write them, which this library would not."""

    def __init__(self, flags: int, content: bytes) -> None:
        super().__init__()
        self._as_it_is = flags.to_bytes(2, "big") + content

    def marshal(self) -> bytes:
        return self._as_it_is


def _table(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def _nested(depth: int) -> bytes:
    found = _table(b"")
    for _ in range(depth):
        found = _table(b"\x01aF" + found)
    return found


TIME, HEADERS = 1 << 6, 1 << 13
MICROSECONDS = (1_780_000_000_000_000).to_bytes(8, "big")
UNREADABLE = {
    "a time in microseconds": _Raw(TIME, MICROSECONDS),
    "such a time among the headers": _Raw(HEADERS, _table(b"\x01aT" + MICROSECONDS)),
    "the last time that there is": _Raw(TIME, b"\x7f" + b"\xff" * 7),
    "a header's name that is no UTF-8": _Raw(HEADERS, _table(b"\x01\xffS" + _table(b"a"))),
    "a table of many tables": _Raw(HEADERS, _nested(2000)),
}


def test_properties_that_the_library_cannot_read_do_not_end_the_connection(broker: Settings) -> None:
    """What they say is left out, and the body counts: it was handed out for ever, and nothing behind it."""

    async def work(source: RabbitSource, channel: AbstractChannel) -> None:
        for n, properties in enumerate(UNREADABLE.values()):
            to = {"exchange": broker.rabbitmq_exchange, "routing_key": SLEEP}
            await channel.basic_publish(body_of(n), properties=properties, **to)
        messages = await received(source, len(UNREADABLE))
        assert [one.open().body for one in messages] == [body_of(n) for n in range(len(UNREADABLE))]
        await source.acknowledge(messages)

    with_bodies(broker, [], work)
    assert asyncio.run(waiting(broker)) == 0
