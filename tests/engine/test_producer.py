"""Errors of a transactional producer, sorted by what to do."""

import pytest
from confluent_kafka import KafkaError

from streams.engine.work.aborts import AbortCause, Remedy, cause, remedy
from streams.engine.work.producer import transactional_id
from streams.ops.settings import Settings

ABORT = [
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError._INCONSISTENT,
    KafkaError.NOT_COORDINATOR,
]


@pytest.mark.parametrize("code", ABORT)
def test_abort(code: int) -> None:
    """What the group or a broker did to a transaction ends the transaction, not the process."""
    assert remedy(KafkaError(code)) is Remedy.ABORT


def test_call_again() -> None:
    """A retriable error asks for the same call again, unless the transaction has to be aborted first."""
    assert remedy(KafkaError(KafkaError._TIMED_OUT, retriable=True)) is Remedy.CALL_AGAIN
    assert remedy(KafkaError(KafkaError._TIMED_OUT, retriable=True, txn_requires_abort=True)) is Remedy.ABORT


def test_leave() -> None:
    """A fenced producer, and any fatal error, ends the process: another worker owns the transactional id."""
    assert remedy(KafkaError(KafkaError._FENCED)) is Remedy.LEAVE
    assert remedy(KafkaError(KafkaError._STATE, fatal=True)) is Remedy.LEAVE


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (KafkaError.ILLEGAL_GENERATION, AbortCause.GROUP),
        (KafkaError.UNKNOWN_MEMBER_ID, AbortCause.GROUP),
        (KafkaError._TIMED_OUT, AbortCause.BROKER),
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
