"""Errors of a transactional producer, sorted by what to do about them. Pure.

A transaction ends in one of three ways: its commit returns; Aborted is raised (nothing of it happened: abort, go back
to the committed offsets, go on); Fenced or Unavailable is raised (leave the process; the next start takes up what was
committed).
"""

import re
from enum import Enum, StrEnum

from confluent_kafka import KafkaError

from streams.ops.errors import StreamsError


class AbortCause(StrEnum):
    """Why transactions did not happen, for a metric."""

    GROUP = "group"  # another worker has the partitions, or soon will
    BROKER = "broker"  # it was away, or slow
    OTHER = "other"


_GROUP = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
}
_BROKER = {
    KafkaError._TIMED_OUT,
    KafkaError._MSG_TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._INCONSISTENT,  # "n messages failed delivery"
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.THROTTLING_QUOTA_EXCEEDED,
    KafkaError.CONCURRENT_TRANSACTIONS,
    KafkaError.INVALID_TXN_STATE,
    KafkaError.TRANSACTION_ABORTABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
}
_TOPIC = re.compile(r"ProduceRequest for (\S+) \[")  # in librdkafka's words about a transaction that a broker ended


class Aborted(Exception):
    """The transaction did not happen. The text is the name of Kafka's error. `topic`: of the record, if it was one."""

    def __init__(self, why: str, cause: AbortCause = AbortCause.OTHER, code: int = 0, topic: str = "") -> None:
        super().__init__(why)
        self.cause = cause
        self.code = code
        self.topic = topic

    @classmethod
    def by(cls, error: KafkaError, topic: str = "") -> "Aborted":
        """`topic`: of the record at hand; else it is found in the words, where a broker refused one."""
        found = _TOPIC.search(error.str())
        return cls(error.name(), cause(error.code()), error.code(), topic or (found[1] if found else ""))


def cause(code: int) -> AbortCause:
    """What an error code of Kafka's says about who ended a transaction."""
    if code in _GROUP:
        return AbortCause.GROUP
    return AbortCause.BROKER if code in _BROKER else AbortCause.OTHER


class Fenced(StreamsError):
    """This producer may never write again."""


class Remedy(Enum):
    """What to do about an error of a transactional producer (engine facts 4, 19, 20)."""

    CALL_AGAIN = "call_again"
    ABORT = "abort"
    LEAVE = "leave"


def remedy(error: KafkaError) -> Remedy:
    """Fatal errors end the producer; retriable ones want the same call again; all others end the transaction."""
    if error.fatal() or error.code() in (KafkaError._FENCED, KafkaError._FATAL):
        return Remedy.LEAVE
    if error.retriable() and not error.txn_requires_abort():
        return Remedy.CALL_AGAIN
    return Remedy.ABORT
