"""The job that every engine of `benchmarks.engine` gets: emit the first record of each key, and no other.

Records of 100 bytes, each key twice, in an order shuffled by a fixed seed, in four partitions. Every contestant has
topics of its own with the same content.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 4
VALUE = b"x" * 100
COMPACT = {"cleanup.policy": "compact"}
FEEDING = {
    "linger.ms": 50,
    "batch.size": 1_000_000,
    "batch.num.messages": 100_000,
    "partitioner": "murmur2_random",
}


@dataclass
class Job:
    """One contestant's topics and what they were fed. Its group, or application id, is the same as `name`."""

    bootstrap_servers: str
    name: str
    fed: int = 0
    keys: int = 0
    _consumer: Consumer = field(init=False)

    def __post_init__(self) -> None:
        self._conf = {"bootstrap.servers": self.bootstrap_servers, "log_level": 0}
        reading = {"group.id": self.name, "isolation.level": "read_committed", "enable.partition.eof": True}
        self._consumer = Consumer(self._conf | reading)
        self.create(self.source, self.out)

    @property
    def source(self) -> str:
        return f"{self.name}.in"

    @property
    def out(self) -> str:
        return f"{self.name}.out"

    def create(self, *names: str, config: dict[str, str] | None = None) -> None:
        admin = AdminClient(self._conf)
        new = [NewTopic(name, PARTITIONS, 1, config=config or {}) for name in names]
        for future in admin.create_topics(new).values():
            future.result()

    def feed(self, records: int, times: int = 2) -> None:
        """So many records, each new key so many times."""
        producer = Producer(self._conf | FEEDING)
        numbers = [self.keys + i // times for i in range(records)]
        random.Random(1).shuffle(numbers)
        for i, number in enumerate(numbers):
            producer.produce(self.source, VALUE, b"key-%d" % number)
            if not i % 2_000:
                producer.poll(0)
            if not i % 50_000:
                producer.flush()
        producer.flush()
        self.fed += records
        self.keys += -(-records // times)

    def committed(self) -> int:
        """Source records that the group has committed."""
        parts = [TopicPartition(self.source, partition) for partition in range(PARTITIONS)]
        try:
            return sum(max(0, p.offset) for p in self._consumer.committed(parts, timeout=20))
        except KafkaException:  # a coordinator that has just started, or moves
            return 0

    def emitted(self) -> int:
        """Offsets of the output that are visible, commit markers included."""
        parts = [TopicPartition(self.out, partition) for partition in range(PARTITIONS)]
        return sum(self._consumer.get_watermark_offsets(part, timeout=20)[1] for part in parts)

    def verdict(self) -> tuple[int, int]:
        """Keys lost and records repeated, as a reader of committed records finds them."""
        found = 0
        distinct = set()
        for key in self._read(self.out):
            found += 1
            distinct.add(key)
        return self.keys - len(distinct), found - len(distinct)

    def _read(self, topic: str) -> Iterator[bytes]:
        left = set(range(PARTITIONS))
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in left])
        while left:
            for message in self._consumer.consume(10_000, 0.5):
                if message.error():
                    left.discard(message.partition())
                else:
                    yield message.key()
        self._consumer.unassign()

    def close(self) -> None:
        """Delete every topic that begins with the job's name: the next contestant needs the disk and the page cache."""
        self._consumer.close()
        admin = AdminClient(self._conf)
        mine: Sequence[str] = [name for name in admin.list_topics(timeout=20).topics if name.startswith(self.name)]
        for future in admin.delete_topics(list(mine)).values():
            future.result()


@contextmanager
def job(bootstrap_servers: str, name: str) -> Iterator[Job]:
    """A job whose topics are gone behind it."""
    made = Job(bootstrap_servers, name)
    try:
        yield made
    finally:
        made.close()
