"""What Kafka's answers in a transaction mean."""

from confluent_kafka import KafkaError

from streams.engine.wire.answers import AGAIN, FENCED, worst
from streams.engine.work.aborts import AbortCause, cause


def test_the_error_that_decides() -> None:
    """What is final counts before what passes, and the reason before those that were not attempted beside it."""
    denied, moved, skipped = (
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OPERATION_NOT_ATTEMPTED,
    )
    assert worst([(0, "a"), (0, "b")]) == (0, "")
    assert worst([(0, "a"), (moved, "b"), (skipped, "c")]) == (moved, "b")
    assert worst([(skipped, "a"), (moved, "b"), (denied, "c")]) == (denied, "c")


def test_what_passes_is_a_broker_s() -> None:
    """An error for which Kafka is asked again never counts as a person's, but for a topic that is missing."""
    assert {code for code in AGAIN if cause(code) is not AbortCause.BROKER} == {KafkaError.UNKNOWN_TOPIC_OR_PART}
    assert not AGAIN & FENCED
