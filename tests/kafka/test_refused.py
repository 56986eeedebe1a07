"""Whose fault it is when Kafka refuses something: a person's, or of the moment."""

import pytest
from confluent_kafka import KafkaError

from streams.kafka.refused import refused
from streams.ops.errors import Forbidden, Misconfigured, StreamsError, Unavailable


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (KafkaError._UNKNOWN_PARTITION, Misconfigured),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, Misconfigured),
        (KafkaError._ALL_BROKERS_DOWN, Unavailable),
        (KafkaError.NOT_LEADER_FOR_PARTITION, Unavailable),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, Forbidden),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, Forbidden),
        (KafkaError._AUTHENTICATION, Misconfigured),
        (KafkaError.MSG_SIZE_TOO_LARGE, Misconfigured),
    ],
)
def test_whose_fault_it_is(code: int, kind: type[StreamsError]) -> None:
    """Rights, logins, sizes, and topics that are not there wait for a person; the rest passes."""
    assert type(refused("writing", KafkaError(code))) is kind


@pytest.mark.parametrize(
    "code", [KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART]
)
def test_what_was_there_is_asked_for_again(code: int) -> None:
    """A broker that has just come back does not know its topics yet: whoever asks in a loop is not told to give up."""
    assert type(refused("reading", KafkaError(code), is_question=True)) is Unavailable
