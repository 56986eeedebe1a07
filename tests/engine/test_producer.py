"""Errors of a transactional producer, sorted by who ended the transaction; and its name."""

import pytest
from confluent_kafka import KafkaError

from streams.engine.work.aborts import AbortCause, cause
from streams.engine.work.producer import transactional_id
from streams.ops.settings import Settings


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (KafkaError.ILLEGAL_GENERATION, AbortCause.GROUP),
        (KafkaError.UNKNOWN_MEMBER_ID, AbortCause.GROUP),
        (KafkaError._TRANSPORT, AbortCause.BROKER),
        (KafkaError.NOT_COORDINATOR, AbortCause.BROKER),
        (KafkaError.POLICY_VIOLATION, AbortCause.OTHER),
    ],
)
def test_cause(code: int, wanted: AbortCause) -> None:
    """Aborts are counted by a few causes: the group moved on, a broker was away, or something else."""
    assert cause(code) is wanted


def test_transactional_id() -> None:
    """It is stable per worker slot."""
    settings = Settings(_env_file=None, group_id="g", worker_id="w7", bootstrap_servers="127.0.0.1:1")
    assert transactional_id(settings) == "g-w7"
