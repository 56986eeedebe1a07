"""What a redrive says when Kafka does not take its letters."""

import pytest
from confluent_kafka import KafkaError

from streams.letters.redrive import _trouble
from streams.ops.errors import Misconfigured


@pytest.mark.parametrize(
    "error", [KafkaError(KafkaError._FENCED), KafkaError(KafkaError._FATAL), KafkaError(KafkaError._STATE, fatal=True)]
)
def test_another_one_has_taken_over(error: KafkaError) -> None:
    """A producer that may never write again was fenced by the next redrive."""
    trouble = _trouble(error)
    assert isinstance(trouble, Misconfigured)
    assert "another redrive" in str(trouble)


def test_anything_else_is_kafka_s() -> None:
    """What passes, or has a reason of its own, is not blamed on another redrive."""
    assert "another redrive" not in str(_trouble(KafkaError(KafkaError._TIMED_OUT, retriable=True)))
