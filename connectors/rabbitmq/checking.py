"""`source check rabbitmq`: what stands in the broker → what is right, to look at, and wrong."""

from collections.abc import Iterator
from typing import Any

from connectors.rabbitmq.connection import url_of
from connectors.rabbitmq.standing import DURABLE, Presence, StandingQueue, look
from connectors.rabbitmq.topology import queue_arguments
from streams.ops import addresses
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.lines import Line, State, look_at, ok, wrong
from streams.ops.settings import MIB, Settings

DECLARE = "junction-streams source setup rabbitmq --declare"
ANOTHER = (
    f"arguments of a queue never change: name another one in STREAMS_RABBITMQ_QUEUE, run `{DECLARE}`, unbind the old "
    "one, and empty it with `source rabbitmq --once` before it is deleted"
)
LIMIT_UNSAID = 20  # of RabbitMQ 4, where nothing is set
RETURNS_FEW = 1000  # a limit above that is one that nobody lives to see
# The largest message that a broker takes where nothing else is set: RabbitMQ 3 and 4.
_MESSAGE_MIB_3, _MESSAGE_MIB_4 = 128, 16
_LOSING = ("x-message-ttl", "x-expires", "x-max-length", "x-max-length-bytes")


async def check(settings: Settings) -> list[Line]:
    """A line a finding. Raises Misconfigured where no setting says which broker."""
    url_of(settings)
    where = addresses.shown(settings.rabbitmq_url.get_secret_value())
    try:
        return list(judge(await look(settings), settings))
    except Unavailable as error:
        return [Line(State.SILENT, "RabbitMQ", str(error), "is it up, and is the address right?")]
    except Misconfigured as error:
        return [wrong("login", str(error), f"rabbitmqctl list_permissions, on the broker of {where}")]


def judge(found: StandingQueue, settings: Settings) -> Iterator[Line]:
    """Pure."""
    where = addresses.shown(settings.rabbitmq_url.get_secret_value())
    yield ok("RabbitMQ", f"version {found.version} at {where}")
    yield _exchange(found, settings)
    if found.waiting is None:
        yield wrong("queue", f"there is no queue {settings.rabbitmq_queue}", DECLARE)
        return
    yield ok("queue", f"{settings.rabbitmq_queue} is there")
    yield _right(found, settings)
    yield look_at(
        "binding",
        "AMQP does not show it: Junction publishes as mandatory, and a type that no binding takes is returned to it",
        f"{DECLARE}; it binds `#` where that lacks, and changes nothing else",
    )
    yield from _arguments(found, settings)
    yield from _unseen(found)
    yield _waiting(found)
    yield _memory(found, settings)


def _exchange(found: StandingQueue, settings: Settings) -> Line:
    name = settings.rabbitmq_exchange
    if found.exchange is Presence.MISSING:
        return wrong("exchange", f"there is no exchange {name}: Junction cannot publish", DECLARE)
    if found.exchange is Presence.OTHER:
        found_so = f"{name} is no durable exchange of type topic"
        return wrong("exchange", found_so, f"name another one in STREAMS_RABBITMQ_EXCHANGE, then {DECLARE}")
    return ok("exchange", f"{name} is there")


def _right(found: StandingQueue, settings: Settings) -> Line:
    queue = settings.rabbitmq_queue
    if found.may_read:
        return ok("rights", f"this login may read {queue}")
    return wrong(
        "rights", f"this login may not read {queue}", f"rabbitmqctl set_permissions -p VHOST USER '' '' '^{queue}$'"
    )


def _arguments(found: StandingQueue, settings: Settings) -> Iterator[Line]:
    stand = found.arguments
    if stand is None:
        change = "run it as a login with the right `configure` on the queue"
        yield look_at("arguments", "this login may not see them: only who may declare the queue is told", change)
        return
    if stand.get("x-queue-type") == "quorum":
        yield ok("type", "quorum: a message is on several nodes before Junction is told that it is there")
    else:
        yield wrong("type", "no quorum queue: a node that is lost takes its messages along", ANOTHER)
    if not stand[DURABLE]:
        yield wrong("durable", "the queue is gone when the broker restarts", ANOTHER)
    yield _limit(stand.get("x-delivery-limit"), found.version)
    yield _order(stand, found.consumers)
    yield _dead(found, stand, settings)
    if losing := [f"{name}={stand[name]}" for name in _LOSING if name in stand]:
        yield wrong("bounds", f"RabbitMQ drops messages by {', '.join(losing)}", ANOTHER)


def _limit(limit: Any, version: str) -> Line:
    is_new = _major(version) >= 4
    if limit is None and not is_new:
        return ok("limit", f"x-delivery-limit is not set; RabbitMQ 4 will take that as {LIMIT_UNSAID}")
    if limit is None:
        return wrong(
            "limit", f"x-delivery-limit is not set: a message is dropped after {LIMIT_UNSAID} returns", ANOTHER
        )
    if not isinstance(limit, int) or (limit < 0 and is_new) or limit > RETURNS_FEW:
        return ok("limit", f"x-delivery-limit is {limit}: no message is dropped for its returns")
    return wrong("limit", f"x-delivery-limit is {limit}: so many returns, and a message is dropped", ANOTHER)


def _order(stand: dict[str, Any], consumers: int) -> Line:
    if stand.get("x-single-active-consumer"):
        return ok("order", "one consumer at a time: a user's events stay in their order")
    return look_at("order", f"several may read at once ({consumers} do): versions decide, not order", ANOTHER)


def _dead(found: StandingQueue, stand: dict[str, Any], settings: Settings) -> Line:
    name = stand.get("x-dead-letter-exchange")
    if not name:
        lost = "none: of a message that fits into no record, the dead letter on Kafka tells, and its bytes are lost"
        return look_at("dead letters", lost, ANOTHER)
    if found.dead_exchange is Presence.MISSING:
        return wrong("dead letters", f"there is no exchange {name}: what goes there is dropped", DECLARE)
    if name == queue_arguments(settings)["x-dead-letter-exchange"] and found.dead_waiting is None:
        return wrong("dead letters", f"there is no queue {settings.rabbitmq_queue}.dead behind {name}", DECLARE)
    if found.dead_waiting:
        kept = f"{found.dead_waiting:,} messages in {settings.rabbitmq_queue}.dead fit into no record"
        return look_at("dead letters", kept, "read them there; docs/doors.md says how")
    return ok("dead letters", f"what fits into no record goes to {name}")


def _unseen(found: StandingQueue) -> Iterator[Line]:
    yield look_at(
        "policies",
        "AMQP does not show them: a policy may set a smaller delivery-limit, a TTL or a length",
        "rabbitmqctl list_policies; rabbitmqctl list_operator_policies",
    )
    yield look_at(
        "30 minutes",
        "AMQP does not show consumer_timeout: if Kafka is away for longer, all that is held comes back, once",
        "rabbitmqctl eval 'application:get_env(rabbit, consumer_timeout).'",
    )


def _waiting(found: StandingQueue) -> Line:
    waiting = f"{found.waiting or 0:,} messages wait, {found.consumers} consumers"
    if found.waiting and not found.consumers:
        return look_at("waiting", waiting, "junction-streams source rabbitmq")
    return ok("waiting", waiting)


def _memory(found: StandingQueue, settings: Settings) -> Line:
    largest = _MESSAGE_MIB_4 if _major(found.version) >= 4 else _MESSAGE_MIB_3
    n, most = settings.source_messages_max, settings.source_messages_max * largest
    likely = n * 12 * 1024 / MIB
    return ok(
        "memory",
        f"at worst {most:,} MiB ahead (STREAMS_SOURCE_MESSAGES_MAX={n} x {largest} MiB, the largest message of this "
        f"version unless max_message_size says less); {likely:.0f} MiB at 12 kB each",
    )


def _major(version: str) -> int:
    first = version.partition(".")[0]
    return int(first) if first.isdigit() else 0
