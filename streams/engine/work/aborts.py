"""Errors of a transactional producer, sorted by what to do about them. Pure.

A transaction ends in one of three ways: its commit returns; Aborted is raised (nothing of it happened: abort, go back
to the committed offsets, go on); Fenced or Unavailable is raised (leave the process; the next start takes up what was
committed).
"""

from enum import StrEnum

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
    KafkaError._TRANSPORT,
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


class Aborted(Exception):
    """The transaction did not happen. The text is the name of Kafka's error. `topic`: of the record, if it was one."""

    def __init__(self, why: str, cause: AbortCause = AbortCause.OTHER, code: int = 0, topic: str = "") -> None:
        super().__init__(why)
        self.cause = cause
        self.code = code
        self.topic = topic

    @classmethod
    def by(cls, code: int, topic: str = "") -> "Aborted":
        """For a code of Kafka's."""
        return cls(KafkaError(code).name(), cause(code), code, topic)


def cause(code: int) -> AbortCause:
    """What an error code of Kafka's says about who ended a transaction."""
    if code in _GROUP:
        return AbortCause.GROUP
    return AbortCause.BROKER if code in _BROKER else AbortCause.OTHER


class Fenced(StreamsError):
    """This producer may never write again."""
