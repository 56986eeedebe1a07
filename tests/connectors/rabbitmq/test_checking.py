"""`source check rabbitmq` on a real one: each wrong thing is named, with the command that mends it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiormq
import pytest
from aiormq.abc import AbstractChannel, DeliveredMessage

from connectors.rabbitmq.checking import check, judge
from connectors.rabbitmq.standing import Presence, StandingQueue
from connectors.rabbitmq.topology import declare, queue_arguments
from streams.demo.pipelines.rabbitmq import RabbitMQ
from streams.ops.lines import Line, State, exit_code
from streams.ops.settings import Settings
from tests.doors import SLEEP, body_of


@pytest.fixture
def broker(rabbitmq: RabbitMQ, prefix: str) -> Settings:
    """Settings for RabbitMQ alone, with names of this test's own."""
    return Settings(_env_file=None, rabbitmq_url=rabbitmq.url, rabbitmq_queue=prefix, rabbitmq_exchange=prefix)


def on_broker(settings: Settings, work: Callable[[AbstractChannel], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        connection = await aiormq.connect(settings.rabbitmq_url.get_secret_value())
        try:
            return await work(await connection.channel())
        finally:
            await connection.close()

    return asyncio.run(run())


async def first(on: AbstractChannel, queue: str) -> DeliveredMessage:
    """The first message that is handed out; it goes back as the channel is closed."""
    came: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
    await on.basic_consume(queue, came.put)
    return await came.get()


def found(settings: Settings) -> dict[str, Line]:
    return {line.about: line for line in asyncio.run(check(settings))}


def test_our_own_queue_is_right(broker: Settings) -> None:
    """What --declare makes has nothing wrong; what AMQP does not show is said; looking takes no message."""
    asyncio.run(declare(broker))
    on_broker(broker, lambda on: on.basic_publish(body_of(1), exchange=broker.rabbitmq_exchange, routing_key=SLEEP))
    for _ in range(2):
        lines = found(broker)
        assert exit_code(lines.values(), if_wrong=1) == 0
        assert {about for about, line in lines.items() if line.state is State.LOOK_AT} == {
            "binding", "policies", "30 minutes", "waiting",
        }  # fmt: skip
        assert lines["waiting"].found == "1 messages wait, 0 consumers"
    message = on_broker(broker, lambda on: first(on, broker.rabbitmq_queue))
    assert (message.body, message.redelivered) == (body_of(1), False)


@pytest.mark.parametrize(
    ("other", "about", "said"),
    [
        ({"x-delivery-limit": 2}, "limit", "x-delivery-limit is 2"),
        ({"x-delivery-limit": -1}, "limit", "x-delivery-limit is -1"),
        ({"x-queue-type": "classic", "x-delivery-limit": None}, "type", "no quorum queue"),
        ({"x-message-ttl": 60_000, "x-max-length": 5}, "bounds", "x-message-ttl=60000, x-max-length=5"),
        ({"x-dead-letter-exchange": "nowhere"}, "dead letters", "there is no exchange nowhere"),
    ],
)
def test_what_loses_messages_is_wrong(broker: Settings, other: dict[str, Any], about: str, said: str) -> None:
    """The argument that stands is named with its value, whichever others differ too."""
    asyncio.run(declare(broker))
    wanted = {name: value for name, value in {**queue_arguments(broker), **other}.items() if value is not None}

    async def replace(on: AbstractChannel) -> None:
        await on.queue_delete(broker.rabbitmq_queue)
        await on.queue_declare(broker.rabbitmq_queue, durable=True, arguments=wanted)

    on_broker(broker, replace)
    lines = found(broker)
    assert [line.about for line in lines.values() if line.state is State.WRONG] == [about]
    assert said in lines[about].found
    assert lines[about].change
    assert exit_code(lines.values(), if_wrong=1) == 1


def test_nothing_is_made(broker: Settings) -> None:
    """Without exchange and queue both are missing, and still are after the look."""
    for _ in range(2):
        lines = found(broker)
        assert [line.about for line in lines.values() if line.state is State.WRONG] == ["exchange", "queue"]
        assert "source setup rabbitmq --declare" in lines["queue"].change


def test_who_may_not_come_in_or_finds_nobody(broker: Settings) -> None:
    """A wrong password and a virtual host that is none are exit 1, nobody there is 3; no line has the password."""
    url = broker.rabbitmq_url.get_secret_value()
    port = url.rpartition(":")[2].partition("/")[0]
    others = url.replace("streams:", "streams:planted"), url.replace("%2F", "nobodys"), url.replace(port, "9")
    for changed, code in zip(others, (1, 1, 3), strict=True):
        lines = found(broker.model_copy(update={"rabbitmq_url": type(broker.rabbitmq_url)(changed)}))
        assert exit_code(lines.values(), if_wrong=1) == code
        assert "planted" not in str(lines)


@pytest.mark.parametrize(
    ("version", "limit", "state"),
    [
        ("3.10.8", None, State.OK),
        ("4.1.0", None, State.WRONG),
        ("3.10.8", -1, State.WRONG),
        ("4.1.0", -1, State.OK),
        ("4.1.0", 20, State.WRONG),
        ("4.1.0", 1_000_000_000, State.OK),
    ],
)
def test_the_limit_by_version(version: str, limit: int | None, state: State) -> None:
    """RabbitMQ 4 takes none as 20 and -1 as none; 3.10 takes none as none, and drops at the first return by -1."""
    settings = Settings(_env_file=None)
    arguments = {**queue_arguments(settings), "durable": True, "x-delivery-limit": limit}
    stands = {name: value for name, value in arguments.items() if value is not None}
    seen = StandingQueue(version, Presence.THERE, 0, 1, stands, True, Presence.THERE, 0)
    assert {line.about: line.state for line in judge(seen, settings)}["limit"] is state


def test_a_login_that_may_not_ask() -> None:
    """Arguments that this login may not see are said to be unseen, and a right that lacks is wrong."""
    seen = StandingQueue("3.10.8", Presence.THERE, 0, 0, None, may_read=False)
    lines = {line.about: line for line in judge(seen, Settings(_env_file=None))}
    assert lines["arguments"].state is State.LOOK_AT
    assert (lines["rights"].state, lines["rights"].change[:27]) == (State.WRONG, "rabbitmqctl set_permissions")
