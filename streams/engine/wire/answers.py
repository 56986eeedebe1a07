"""What Kafka's answers in a transaction mean. Pure."""

from confluent_kafka import KafkaError

NONE = 0


class Refused(Exception):
    """What was asked did not happen, or was asked for long enough. `code`: Kafka's. `topic`: where none is known the
    group or the transactional id, or ""."""

    def __init__(self, code: int, topic: str) -> None:
        super().__init__(KafkaError(code).name())
        self.code = code
        self.topic = topic

    @property
    def is_fenced(self) -> bool:
        """Another producer has this transactional id."""
        return self.code in FENCED


# Ask again: nothing of it happened, or what happened is known to the broker by epoch and sequence.
AGAIN = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    KafkaError.CONCURRENT_TRANSACTIONS,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError._TRANSPORT,
}
MOVED = {
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError._TRANSPORT,
}
LED_ELSEWHERE = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
}
FENCED = {KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED}
CUT = {KafkaError._TRANSPORT, KafkaError.REQUEST_TIMED_OUT}  # a broker may still do what was asked


def worst(codes: list[tuple[int, str]]) -> tuple[int, str]:
    """Of the errors of partitions (code, topic) the one that decides: final before passing; (0, "") for none."""
    wrong = [
        one for one in codes if one[0] not in (NONE, KafkaError.OPERATION_NOT_ATTEMPTED)
    ]  # that one stands beside the reason
    final = [one for one in wrong if one[0] not in AGAIN]
    return next(iter(final or wrong), (NONE, ""))
