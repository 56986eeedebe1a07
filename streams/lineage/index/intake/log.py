"""The topics of the index, read from given places on: committed records only, without a group."""

from collections.abc import Collection, Iterator, Mapping

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from streams.kafka.clients import asking
from streams.kafka.reader import LEAN
from streams.kafka.refused import refused
from streams.lineage.index.intake.positions import Bounds, Source
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

BATCH = 100  # of 2,000 rows each, if need be
ANSWER_S = 10.0
FETCH = {
    **LEAN,
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 100,
    "fetch.queue.backoff.ms": 10,  # a full queue makes librdkafka look away for a second
}


class LogMoved(Unavailable):
    """Kafka no longer has the record that was to be read next."""


class TopicsChanged(Unavailable):
    """A topic has other partitions than when reading began, or was made anew."""


class IndexLog:
    """Some topics (full names), all partitions."""

    def __init__(self, settings: Settings, names: Collection[str]) -> None:
        """Raises Misconfigured where one of them is missing, Unavailable."""
        settings.need_kafka()
        self._consumer = asking(settings, "lineage", "read_committed", **FETCH)
        self._asking = asking(settings, "lineage-ends", "read_uncommitted")
        self._names = names
        try:
            self.sources = self.existing()
        except BaseException:
            self.close()
            raise

    def existing(self) -> list[Source]:
        """Their partitions as they are now. Raises as above."""
        try:
            known = self._asking.list_topics(timeout=ANSWER_S).topics
        except KafkaException as error:
            raise refused("Kafka does not answer", error.args[0]) from None
        missing = sorted(set(self._names) - set(known))
        if missing:
            raise Misconfigured(f"no topic {', '.join(missing)}: run `junction-streams topics apply`")
        if any(not known[name].partitions for name in self._names):
            raise Unavailable("Kafka does not say yet which partitions the topics of lineage have")
        return [(name, partition) for name in self._names for partition in known[name].partitions]

    def bounds(self, sources: Collection[Source]) -> dict[Source, Bounds]:
        """What Kafka has of these partitions. The end is that of all records: it is not reached while a transaction is
        open, in which rows may have been processed that are committed later. Raises Unavailable."""
        return {source: self._bounds(source) for source in sources}

    def _bounds(self, source: Source) -> Bounds:
        try:
            return Bounds(*map(int, self._asking.get_watermark_offsets(TopicPartition(*source), timeout=ANSWER_S)))
        except KafkaException as error:
            raise refused(f"Kafka does not say where {source[0]} ends", error.args[0], is_question=True) from None

    def begin(self, places: Mapping[Source, int]) -> None:
        """Read from these offsets on."""
        self._consumer.assign([TopicPartition(*source, offset) for source, offset in places.items()])

    def messages(self, timeout_s: float, ended: dict[Source, int]) -> Iterator[Message]:
        """What arrives within the time, at most BATCH records. `ended` is told where a partition has no more now.

        Raises LogMoved, Unavailable, Misconfigured.
        """
        for message in self._consumer.consume(BATCH, timeout_s):
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                ended[message.topic(), message.partition()] = message.offset()
            else:
                _check(error)

    def close(self) -> None:
        self._consumer.close()
        self._asking.close()


def _check(error: KafkaError) -> None:
    if error.code() == KafkaError._AUTO_OFFSET_RESET:
        raise LogMoved("Kafka no longer has what was to be read next")
    # librdkafka looks for the coordinator of a group that nobody joins: no right to it is needed.
    if not error.retriable() and error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:
        raise refused("reading lineage", error, is_question=True)
