"""Events as Junction's pipeline sends them to Azure Event Hubs, as a Kafka consumer gets them there.

Junction's own properties arrive in AMQP's encoding, `user-id` and `content-encoding` as plain text
(`connectors.event_hubs.amqp_values` has the rule; tests compare it with Microsoft's encoder).
"""

import gzip
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, Message, Producer

from streams.ops.errors import Unavailable
from streams.simulator.delivery.pipeline_message import PACKED_BYTES_MIN, PipelineMessage

WAITING_MAX = 10_000
_FLUSH_S = 30.0


class HubMessage(NamedTuple):
    """One record of a hub."""

    key: bytes
    body: bytes
    headers: list[tuple[str, bytes]]


def amqp_text(text: str) -> bytes:
    """A text in AMQP 1.0 (part 1, section 1.6.20)."""
    inner = text.encode()
    return (
        b"\xa1" + bytes((len(inner),)) + inner if len(inner) < 256 else b"\xb1" + len(inner).to_bytes(4, "big") + inner
    )


def hub_message(body: bytes, event_type: str, user_id: str, team_id: str, idempotency_key: str) -> HubMessage:
    """The record of an event, packed where it is long."""
    is_packed = len(body) >= PACKED_BYTES_MIN
    packed = gzip.compress(body) if is_packed else body
    return record_of(PipelineMessage(event_type, user_id, team_id, packed, is_packed, idempotency_key, 0))


def record_of(message: PipelineMessage) -> HubMessage:
    """A message as a record. Its key is the user: one user's events stay in order."""
    headers = [
        ("event-type", amqp_text(message.event_type)),
        ("user-id", message.user_id.encode()),
        ("team-id", amqp_text(message.team_id)),
        ("idempotency-key", amqp_text(message.idempotency_key)),
    ]
    packed = [("content-encoding", b"gzip")] if message.is_packed else []
    return HubMessage(message.user_id.encode(), message.body, [*headers, *packed])


def send(conf: Mapping[str, Any], hub: str, messages: Iterable[HubMessage]) -> None:
    """Return when the hub has them all. `conf`: of librdkafka, with a login. Raises Unavailable."""
    producer = Producer({**conf, "acks": "all", "enable.idempotence": True})
    failed: list[KafkaError] = []

    def report(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    for message in messages:
        while len(producer) >= WAITING_MAX:
            producer.poll(0.1)
        producer.produce(hub, message.body, message.key, headers=message.headers, on_delivery=report)
    if producer.flush(_FLUSH_S) or failed:
        raise Unavailable(f"the hub does not take messages ({failed[0].name() if failed else 'no answer'})")
