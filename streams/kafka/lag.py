"""How far a consumer group is behind: committed offsets against the ends of its topics."""

from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

ANSWER_S = 10.0

Offsets = dict[tuple[str, int], int]  # (topic, partition) → offset


class Lag:
    """Offsets of some topics (full names, same partition count) and of our group. Joins no group, moves nothing.

    A consumer and not the AdminClient: confluent-kafka 2.16's list_consumer_group_offsets takes the process down with
    it when the group's coordinator is still loading.
    """

    def __init__(self, settings: Settings, names: Sequence[str]) -> None:
        self._partitions = [TopicPartition(name, p) for name in names for p in range(settings.partitions)]
        self._consumer = Consumer(
            for_librdkafka(settings)
            | {
                "group.id": settings.group_id,
                "isolation.level": "read_committed",  # committed offsets are then the stable ones (KIP-447)
                "enable.auto.commit": False,
                "log_level": 2,
            }
        )

    def ends(self) -> Offsets:
        """End of what is committed: how many records, commit markers included, were ever written there."""
        return {(p.topic, p.partition): self._end(p) for p in self._partitions}

    def beginnings(self) -> Offsets:
        """The first offset that is still there: how many are not."""
        return {(p.topic, p.partition): self._bounds(p)[0] for p in self._partitions}

    def _end(self, partition: TopicPartition) -> int:
        return self._bounds(partition)[1]

    def _bounds(self, partition: TopicPartition) -> tuple[int, int]:
        try:
            first, end = self._consumer.get_watermark_offsets(partition, timeout=ANSWER_S)
        except KafkaException as error:
            raise _unavailable(error) from None
        return int(first), int(end)

    def committed(self) -> Offsets:
        """Offset of the group; 0 where it has not committed. Raises Unavailable."""
        try:
            found = self._consumer.committed(self._partitions, timeout=ANSWER_S)
        except KafkaException as error:
            raise _unavailable(error) from None
        for partition in found:
            if partition.error:
                raise _unavailable(KafkaException(partition.error))
        return {(p.topic, p.partition): max(p.offset, 0) for p in found}

    def records(self) -> int:
        """Records written and not yet committed by the group. The ends are asked for last: too many, never too few."""
        committed = self.committed()
        return behind(committed, self.ends())

    def close(self) -> None:
        self._consumer.close()


def behind(committed: Offsets, ends: Offsets) -> int:
    """Records between the two."""
    return sum(max(end - committed[place], 0) for place, end in ends.items())


def _unavailable(error: KafkaException) -> Unavailable | Misconfigured:
    return refused("Kafka does not say where the group is", error.args[0], is_question=True)
