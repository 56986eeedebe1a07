"""Publishing for a command: a few records, then an answer. Services have `publisher.py`."""

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, Producer

from streams.kafka.clients import SILENT
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

ANSWER_S = 15.0
FLUSH_S = ANSWER_S + 1.0  # librdkafka looks for late records once a second

Row = tuple[str, bytes, bytes | None, int]  # full name of the topic, key, value (None: a tombstone), partition


def send(settings: Settings, rows: Iterable[Row], what: str) -> None:
    """Publish records and wait until all in-sync replicas have them. `what`: as errors name them, `the request`.

    Raises Misconfigured without brokers, or where a person has to act; Unavailable, then some of them may be there.
    """
    settings.need_kafka()
    producer = Producer(for_librdkafka(settings) | SILENT | _CONF)
    failed: list[KafkaError] = []
    not_taken = f"Kafka did not take {what}"
    try:
        for topic, key, value, partition in rows:
            producer.produce(
                topic, value, key, partition,
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )  # fmt: skip
    except KafkaException as error:  # it is known at once that there is no such partition, or that it is too large
        raise refused(not_taken, error.args[0]) from None
    except BufferError:
        raise Unavailable("Kafka is slower than the records") from None
    unanswered = producer.flush(FLUSH_S)
    if failed:
        raise refused(not_taken, failed[0])
    if unanswered:
        raise Unavailable(f"{not_taken}: no answer")


_CONF = {"acks": "all", "enable.idempotence": True, "message.timeout.ms": int(ANSWER_S * 1000)}
