"""Whose fault it is when Kafka refuses something: a person's, or of the moment."""

import pytest
from confluent_kafka import KafkaError

from streams.errors import Misconfigured, StreamsError, Unavailable
from streams.refused import refused


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (KafkaError._UNKNOWN_PARTITION, Unavailable),
        (KafkaError._UNKNOWN_TOPIC, Unavailable),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, Unavailable),
        (KafkaError._ALL_BROKERS_DOWN, Unavailable),
        (KafkaError.NOT_LEADER_FOR_PARTITION, Unavailable),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, Misconfigured),
        (KafkaError._AUTHENTICATION, Misconfigured),
        (KafkaError.MSG_SIZE_TOO_LARGE, Misconfigured),
    ],
)
def test_whose_fault_it_is(code: int, kind: type[StreamsError]) -> None:
    """Rights, logins and sizes wait for a person. What a broker that has just come back does not know yet, passes:
    whoever asks again and again must not be told to give up."""
    assert type(refused("reading", KafkaError(code))) is kind
