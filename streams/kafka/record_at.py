"""One record by its place."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

ANSWER_S = 15.0
_POLL_S = 0.5


def record_at(settings: Settings, topic: str, partition: int, offset: int) -> Message:
    """The record at a place of a topic (full name). Raises Misconfigured where none is, Unavailable."""
    settings.need_kafka()
    conf = for_librdkafka(settings) | {
        "group.id": f"{settings.group_id}-reader",
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",  # an offset that is gone, or not yet there, is said
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.message.max.bytes": settings.record_bytes_max,
        "log_level": 2,
    }
    consumer = Consumer(conf)
    place = f"{topic} {partition}:{offset}"
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_S)
        if not low <= offset < high:
            raise Misconfigured(f"no record {place}: the partition has {low} to {high - 1}")
        consumer.assign([TopicPartition(topic, partition, offset)])
        message = _first(consumer, place)
    except KafkaException as error:
        raise refused(f"reading {place}", error.args[0]) from None
    finally:
        consumer.close()
    if message is None or message.offset() != offset:
        raise Misconfigured(
            f"no record {place}: at that offset is a mark of a transaction, or what was never committed"
        )
    return message


def _first(consumer: Consumer, place: str) -> Message | None:
    """The first record that can be read; None at the end. Raises KafkaException, Unavailable."""
    deadline_s = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline_s:
        message = consumer.poll(_POLL_S)
        error = message.error() if message else None
        if message and not error:
            return message
        if error and error.code() == KafkaError._PARTITION_EOF:
            return None
        if error and not error.retriable():
            raise KafkaException(error)
    raise Unavailable(f"Kafka did not give {place} within {ANSWER_S:.0f} s")
