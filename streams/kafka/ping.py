"""Whether Kafka answers at all: asked before a worker starts."""

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.kafka.clients import SILENT
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

ANSWER_S = 5


def ping(settings: Settings) -> None:
    """Ask Kafka for anything. Raises Misconfigured without an address, Unavailable without an answer within 5 s."""
    if not settings.bootstrap_servers:
        raise Misconfigured("STREAMS_BOOTSTRAP_SERVERS is not set: the Kafka brokers, as host:port,host:port.")
    try:
        AdminClient(settings.librdkafka | SILENT).list_topics(timeout=ANSWER_S)
    except KafkaException as error:
        raise Unavailable(f"no Kafka at {settings.bootstrap_servers}: {error.args[0].name()}") from None
