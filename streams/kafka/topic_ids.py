"""Kafka's ids of topics: whether a topic is the one that it was."""

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from streams.kafka.clients import SILENT
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

CALL_TIMEOUT_S = 20.0


def topic_ids(settings: Settings, topics: Iterable[str]) -> dict[str, str]:
    """Kafka's id of each topic: a topic that is deleted and created again has another one. Blocking.

    Raises Misconfigured when one is missing, Unavailable.
    """
    if settings.is_mock:  # it cannot describe topics, and lives no longer than its address
        return dict.fromkeys(topics, settings.bootstrap_servers)
    # Kept until its futures are done, else they fail with _DESTROY.
    admin = AdminClient(for_librdkafka(settings) | SILENT)
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=CALL_TIMEOUT_S)
    try:
        return {topic: str(future.result().topic_id) for topic, future in described.items()}
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise Misconfigured("a topic is missing: run `junction-streams topics apply`.") from None
        raise refused("Kafka does not describe the topics", error.args[0]) from None
