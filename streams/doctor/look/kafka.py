"""Kafka by its address, and each client of it that the product has."""

import asyncio
import logging
import time
from urllib.parse import urlsplit

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError as ClientError
from confluent_kafka import KafkaException, Producer

from streams.doctor.judge import connection
from streams.kafka.clients import SILENT, asking, client_id
from streams.kafka.login.aiokafka import for_aiokafka
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.ping import ping
from streams.kafka.refused import refused
from streams.ops import addresses
from streams.ops.errors import Unavailable
from streams.ops.lines import Line
from streams.ops.settings import Settings

PURPOSE = "doctor"
ANSWER_S = 5.0
NUMBERED_S = 1.0  # until the producer has a number for its records, or was refused one
# What libraries log is told by lines, in one's own words.
_UNHEARD = logging.getLogger("streams.doctor.unheard")
for _logger in (_UNHEARD, logging.getLogger("aiokafka")):
    _logger.addHandler(logging.NullHandler())
    _logger.propagate = False


def is_own(settings: Settings) -> bool:
    """Whether every host of Kafka is this machine or of a private network."""
    servers = filter(None, settings.bootstrap_servers.split(","))
    return all(addresses.is_own(urlsplit(f"//{server.strip()}").hostname or "") for server in servers)


def address(settings: Settings) -> list[Line]:
    """Whether it answers the admin client, which says best what is refused."""
    ping(settings)
    how = settings.security_protocol, settings.sasl_mechanism
    return [connection.connection(settings.bootstrap_servers, *how, is_own=is_own(settings))]


def producer(settings: Settings) -> list[Line]:
    """librdkafka's, as the gateway has it."""
    began_s = time.monotonic()
    conf = {"client.id": client_id(settings, PURPOSE), "enable.idempotence": True, "logger": _UNHEARD}
    try:
        client = Producer(for_librdkafka(settings) | SILENT | conf)
        client.list_topics(timeout=ANSWER_S)
        took_s = time.monotonic() - began_s
        client.poll(NUMBERED_S)  # raises what is fatal
    except KafkaException as error:
        if error.args[0].fatal():
            return [connection.not_idempotent()]
        raise refused("the producer (librdkafka) does not connect", error.args[0]) from None
    return [connection.client("the producer (librdkafka)", took_s)]


def consumer(settings: Settings) -> list[Line]:
    """librdkafka's, as `notify`, sinks and restores have it."""
    began_s = time.monotonic()
    client = asking(settings, PURPOSE, "read_committed")
    try:
        client.list_topics(timeout=ANSWER_S)
    except KafkaException as error:
        raise refused("the consumer (librdkafka) does not connect", error.args[0]) from None
    finally:
        client.close()
    return [connection.client("the consumer (librdkafka)", time.monotonic() - began_s)]


def worker_consumer(settings: Settings) -> list[Line]:
    """aiokafka's, as workers and fetchers have it, outside of their group."""
    began_s = time.monotonic()
    asyncio.run(_connect(settings))
    return [connection.client("the worker's consumer (aiokafka)", time.monotonic() - began_s)]


async def _connect(settings: Settings) -> None:
    client = AIOKafkaConsumer(
        client_id=client_id(settings, PURPOSE),
        request_timeout_ms=int(ANSWER_S * 1000),
        **for_aiokafka(settings),
    )
    try:
        await client.start()
        await client.topics()
    except (ClientError, OSError, TimeoutError) as error:
        raise Unavailable(f"the worker's consumer (aiokafka) does not connect ({type(error).__name__})") from None
    finally:
        await client.stop()
