"""What stands in RabbitMQ, as far as AMQP tells it. Makes, takes and changes nothing.

A passive declaration says whether something is there, and ignores its arguments. An active one with other arguments is
refused, and the refusal names the first argument that differs with its value; so it is asked again with that value,
until nothing differs.
"""

import re
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, NamedTuple

from aiormq import exceptions
from aiormq.abc import AbstractChannel, AbstractConnection
from pamqp.common import FieldTable

from connectors.rabbitmq.connection import asked as answered
from connectors.rabbitmq.connection import close, connect, refused
from connectors.rabbitmq.topology import queue_arguments
from streams.ops.settings import Settings

DURABLE = "durable"
_ROUNDS_MAX = 20  # more arguments than any queue has
_DIFFERS = re.compile(
    r"(?:inequivalent|invalid) arg '(?P<name>[^']+)'.*?"
    r"(?:current is none|current is (?:the value )?'(?P<value>.*?)'(?: of type '(?P<type>\w+)')?)?\W*$",
    re.DOTALL,
)
_TEXTS = frozenset(("longstr", "binary"))


class Presence(Enum):
    THERE = "there"
    MISSING = "missing"
    OTHER = "other"  # there, and not as it should be


class StandingQueue(NamedTuple):
    """`waiting`: messages, None where there is no queue. `arguments`: those that stand, `durable` among them; None
    where this login may not ask. `may_read`: None where there is no queue."""

    version: str
    exchange: Presence
    waiting: int | None = None
    consumers: int = 0
    arguments: dict[str, Any] | None = None
    may_read: bool | None = None
    dead_exchange: Presence = Presence.MISSING
    dead_waiting: int | None = None


async def look(settings: Settings) -> StandingQueue:
    """Raises Misconfigured where a login is refused, Unavailable where nobody answers."""
    link = await connect(settings)
    try:
        with answered(settings):
            return await _look(link.connection, settings)
    finally:
        await close(link.connection)


async def _look(connection: AbstractConnection, settings: Settings) -> StandingQueue:
    found = StandingQueue(_version(connection), await _exchange(connection, settings.rabbitmq_exchange))
    there = await _asked(connection, lambda on: on.queue_declare(settings.rabbitmq_queue, passive=True))
    if isinstance(there, exceptions.ChannelNotFoundEntity):
        return found
    if isinstance(there, Exception):
        raise refused(there, settings)
    arguments = await _arguments(connection, settings)
    dead = (arguments or {}).get("x-dead-letter-exchange") or ""
    behind = await _asked(connection, lambda on: on.queue_declare(f"{settings.rabbitmq_queue}.dead", passive=True))
    return found._replace(
        waiting=there.message_count or 0,
        consumers=there.consumer_count or 0,
        arguments=arguments,
        may_read=await _may_read(connection, settings.rabbitmq_queue),
        dead_exchange=await _presence(connection, dead) if dead else Presence.MISSING,
        dead_waiting=None if isinstance(behind, Exception) else behind.message_count or 0,
    )


def _version(connection: AbstractConnection) -> str:
    said = connection.server_properties.get("version", "")
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


async def _asked(connection: AbstractConnection, ask: Callable[[AbstractChannel], Awaitable[Any]]) -> Any:
    """The answer, or the error by which the broker closed the channel: each question has a channel of its own."""
    channel = await connection.channel()
    try:
        answer = await ask(channel)
    except exceptions.AMQPChannelError as error:
        return error
    await channel.close()
    return answer


async def _presence(connection: AbstractConnection, name: str) -> Presence:
    answer = await _asked(connection, lambda on: on.exchange_declare(name, passive=True))
    return Presence.MISSING if isinstance(answer, exceptions.ChannelNotFoundEntity) else Presence.THERE


async def _exchange(connection: AbstractConnection, name: str) -> Presence:
    if await _presence(connection, name) is Presence.MISSING:
        return Presence.MISSING
    answer = await _asked(connection, lambda on: on.exchange_declare(name, exchange_type="topic", durable=True))
    return Presence.OTHER if isinstance(answer, exceptions.ChannelPreconditionFailed) else Presence.THERE


async def _may_read(connection: AbstractConnection, queue: str) -> bool:
    # RabbitMQ looks at the right first, then at the arguments: this is refused either way, and nothing is handed out.
    odd: FieldTable = {"x-priority": "none"}
    answer = await _asked(connection, lambda on: on.basic_consume(queue, _nothing, arguments=odd))
    return not isinstance(answer, exceptions.ChannelAccessRefused)


async def _nothing(message: object) -> None:
    return None


async def _arguments(connection: AbstractConnection, settings: Settings) -> dict[str, Any] | None:
    asked = {DURABLE: True, **queue_arguments(settings)}

    async def declare(on: AbstractChannel) -> Any:
        arguments = {name: value for name, value in asked.items() if name != DURABLE}
        return await on.queue_declare(settings.rabbitmq_queue, durable=bool(asked[DURABLE]), arguments=arguments)

    for _ in range(_ROUNDS_MAX):
        answer = await _asked(connection, declare)
        if not isinstance(answer, Exception):
            return asked
        if not isinstance(answer, exceptions.ChannelPreconditionFailed) or not _learn(asked, str(answer)):
            return None
    return None


def _learn(asked: dict[str, Any], refusal: str) -> bool:
    """Take over the value that stands. False for a refusal that says something else."""
    said = _DIFFERS.search(refusal)
    if said is None:
        return False
    name, value = said["name"], said["value"]
    if value is None:
        return asked.pop(name, None) is not None
    asked[name] = _value(value, said["type"], asked.get(name))
    return True


def _value(text: str, kind: str | None, ours: Any) -> Any:
    """`kind`: of AMQP; without one it is the kind of `ours`."""
    if isinstance(ours, bool) or kind == "bool":
        return text == "true"
    is_text = kind in _TEXTS if kind else isinstance(ours, str)
    return text if is_text or not text.lstrip("-").isdigit() else int(text)
