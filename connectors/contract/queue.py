"""Back-pressure for doors: what is refused while Kafka is slower than the senders, so that memory stays bounded."""

from streams.events import queue_share, topics
from streams.kafka.publisher import Publisher
from streams.ops import metrics
from streams.ops.errors import Overloaded
from streams.ops.settings import Settings


class Queue:
    """The records that wait for Kafka, `STREAMS_PUBLISH_QUEUE_BYTES_MAX` of them at most."""

    def __init__(self, settings: Settings, publisher: Publisher) -> None:
        self._publisher, self._bytes_max = publisher, settings.publish_queue_bytes_max
        names = {f"{settings.topic_prefix}.{name}": name for name in (*topics.RAW, topics.DEAD_LETTERS)}
        self._limits = {topic: int(queue_share(name) * self._bytes_max) for topic, name in names.items()}
        self._refused = {topic: metrics.OVERLOADED.labels(topic) for topic in names}

    def admit(self, topic: str, n_bytes: int) -> None:
        """Raises Overloaded where a record of so many bytes has no room in what its topic (full name) may fill."""
        waiting = self._publisher.under_way_bytes
        # One that is larger than its share has to pass at some time: it does while nothing else waits.
        if waiting and waiting + n_bytes > self._limits.get(topic, self._bytes_max):
            if topic in self._refused:
                self._refused[topic].inc()
            raise Overloaded(f"too many bytes wait for Kafka: {topic} has to wait")
