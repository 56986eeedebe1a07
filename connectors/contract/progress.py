"""How far a sink is, as metrics: what Kafka has beyond its position, and how old that is."""

import contextlib
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.contract.sink import Place, SinkBatch
from streams.ops import metrics


class Progress:
    """Of one process. A partition that goes takes its figures along: its new owner speaks for it."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._known: set[Place] = set()

    def written(self, batch: SinkBatch) -> None:
        """The target has this batch."""
        topic, partition = batch.place
        behind = max(self._end(batch.place) - batch.end, 0)
        self._set(batch.place, batch.end, behind)
        age_s = time.time() - batch.messages[-1].timestamp()[1] / 1000
        metrics.SINK_LAG_SECONDS.labels(topic, partition).set(max(age_s, 0.0) if behind else 0.0)

    def at_end(self, place: Place, position: int) -> None:
        """Kafka has no more than what was handed over: markers of transactions count as offsets, and hold no record."""
        if place not in self._known:
            self._set(place, position, 0)
        metrics.SINK_LAG_RECORDS.labels(*place).set(0)
        metrics.SINK_LAG_SECONDS.labels(*place).set(0)

    def gone(self, place: Place) -> None:
        """The partition is not ours any more."""
        if place in self._known:
            self._known.discard(place)
            for gauge in (metrics.SINK_POSITION, metrics.SINK_LAG_RECORDS, metrics.SINK_LAG_SECONDS):
                gauge.remove(*map(str, place))

    def _set(self, place: Place, position: int, behind: int) -> None:
        self._known.add(place)
        metrics.SINK_POSITION.labels(*place).set(position)
        metrics.SINK_LAG_RECORDS.labels(*place).set(behind)

    def _end(self, place: Place) -> int:
        """As the last answer of Kafka said it: nothing is asked."""
        with contextlib.suppress(KafkaException):
            return int(self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)[1])
        return 0
