"""How far a consumer group is behind: committed offsets against the ends of its topics."""

from collections.abc import Sequence

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.errors import Unavailable

REQUEST_TIMEOUT_S = 10


class Lag:
    """Offsets of some topics (full names, same partition count) and of one group."""

    def __init__(self, admin: AdminClient, group_id: str, names: Sequence[str], partitions: int) -> None:
        self._admin = admin
        self._group_id = group_id
        self._partitions = [TopicPartition(name, p) for name in names for p in range(partitions)]

    def ends(self) -> dict[tuple[str, int], int]:
        """End offset by (topic, partition): how many records were ever written there."""
        wanted = {p: OffsetSpec.latest() for p in self._partitions}
        futures = self._admin.list_offsets(
            wanted, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=REQUEST_TIMEOUT_S
        )
        try:
            return {(p.topic, p.partition): future.result().offset for p, future in futures.items()}
        except KafkaException as error:
            raise Unavailable(f"Kafka does not answer: {error.args[0].str()}") from None

    def committed(self) -> dict[tuple[str, int], int]:
        """Committed offset by (topic, partition); 0 where the group has not committed."""
        request = ConsumerGroupTopicPartitions(self._group_id, self._partitions)
        future = self._admin.list_consumer_group_offsets(
            [request], require_stable=True, request_timeout=REQUEST_TIMEOUT_S
        )[self._group_id]
        try:
            found = future.result().topic_partitions or []
        except KafkaException as error:
            raise Unavailable(f"Kafka does not answer: {error.args[0].str()}") from None
        return {(p.topic, p.partition): max(p.offset, 0) for p in found}

    def records(self) -> int:
        """Records written and not yet committed by the group (commit markers count as records)."""
        committed = self.committed()
        return sum(max(end - committed.get(place, 0), 0) for place, end in self.ends().items())
