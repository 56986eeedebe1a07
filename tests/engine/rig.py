"""What the engine's Kafka tests share: topics, worker processes, a feed of keys, and a reader that trusts nobody."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.engine.positions import ledger
from streams.events import topics
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.engine import dedup_worker
from tests.forked import ForkedProcess

REPO = Path(__file__).parents[2]
TABLE = "seen"


def keys(begin: int, end: int) -> list[bytes]:
    """Distinct ones, the same whenever they are asked for."""
    return [b"key-%d" % i for i in range(begin, end)]


@dataclass
class Rig:
    """One group on one set of topics. Close it: workers are processes."""

    settings: Settings
    sources: tuple[str, ...] = ("raw.a",)
    env: dict[str, str] = field(default_factory=dict)
    changelog_config: dict[str, str] = field(default_factory=lambda: {"cleanup.policy": "compact"})
    workers: dict[str, ForkedProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._producer = Producer(for_librdkafka(self.settings) | {"linger.ms": 5, "partitioner": "murmur2_random"})
        self.create(*[self.topic(name) for name in (*self.sources, "out", topics.DEAD_LETTERS)])
        self.create(self.changelog, config=self.changelog_config)

    def topic(self, name: str) -> str:
        return f"{self.settings.topic_prefix}.{name}"

    @property
    def changelog(self) -> str:
        return topics.changelog(self.settings.group_id, TABLE)

    def create(self, *names: str, config: dict[str, str] | None = None) -> None:
        admin = AdminClient(for_librdkafka(self.settings))
        new = [NewTopic(name, self.settings.partitions, 1, config=config or {}) for name in names]
        for future in admin.create_topics(new).values():
            future.result()

    def recreate(self, name: str, policy: str = "compact") -> None:
        """Delete a topic and make it anew: it has another id then."""
        admin = AdminClient(for_librdkafka(self.settings))
        admin.delete_topics([name])[name].result()
        time.sleep(1.0)  # deletion goes on behind the answer
        self.create(name, config={"cleanup.policy": policy})

    def members(self) -> int:
        """How many workers the group has."""
        admin = AdminClient(for_librdkafka(self.settings))  # kept: without it its answers never come
        described = admin.describe_consumer_groups([self.settings.group_id], request_timeout=10)
        return len(described[self.settings.group_id].result(20).members)

    # Workers

    def state(self, worker: str) -> Path:
        return self.settings.state_dir / worker

    def log(self, worker: str) -> str:
        return (self.settings.state_dir / f"{worker}.log").read_text()

    def start(self, worker: str = "w0", **env: str) -> ForkedProcess:
        """A worker in a process of its own; `env` on top of the rig's."""
        self.settings.state_dir.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "STREAMS_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "STREAMS_GROUP_ID": self.settings.group_id,
            "STREAMS_TOPIC_PREFIX": self.settings.topic_prefix,
            "STREAMS_WORKER_ID": worker,
            "STREAMS_STATE_DIR": str(self.state(worker)),
            "STREAMS_SESSION_TIMEOUT_S": "6",
            "TOPICS": str(len(self.sources)),
            **self.env,
            **env,
        }
        log = self.settings.state_dir / f"{worker}.log"
        process = ForkedProcess(dedup_worker.main, environment, REPO, (log, log))
        self.workers[worker] = process
        return process

    def stop(self, worker: str = "w0") -> int:
        """Ask nicely; answers the exit code."""
        process = self.workers.pop(worker)
        process.send_signal(signal.SIGTERM)
        return process.wait(30)

    def kill(self, worker: str = "w0") -> None:
        process = self.workers.pop(worker)
        process.kill()
        process.wait(30)

    def wipe(self, worker: str = "w0") -> None:
        """Delete a worker's state; it must not run."""
        with suppress(FileNotFoundError):  # it may have none yet
            shutil.rmtree(self.state(worker))

    def revive(self) -> None:
        """What a supervisor does: start again whatever ended."""
        for worker, process in list(self.workers.items()):
            if process.poll() is not None:
                self.start(worker)

    def close(self) -> None:
        for process in self.workers.values():
            process.kill()
            process.wait(30)

    # Records

    def feed(self, keys: Iterable[bytes], source: str = "raw.a", value: bytes = b"x" * 100) -> None:
        for i, key in enumerate(keys):
            self._producer.produce(self.topic(source), value, key)
            if not i % 1000:
                self._producer.poll(0)
        self._producer.flush()

    def read(self, topic: str) -> list[Message]:
        """Every committed record of a topic, by its full name."""
        conf = {"group.id": "reader", "isolation.level": "read_committed", "enable.partition.eof": True}
        consumer = Consumer(for_librdkafka(self.settings) | conf)
        left = set(range(self.settings.partitions))
        consumer.assign([TopicPartition(topic, partition, 0) for partition in left])
        messages = []
        while left:
            for message in consumer.consume(10_000, 0.5):
                if message.error():
                    left.discard(message.partition())
                else:
                    messages.append(message)
        consumer.close()
        return messages

    def keys(self, topic: str) -> list[bytes]:
        """Keys of every committed record; without the engine's own rows."""
        return [message.key() for message in self.read(topic) if message.key() != ledger.KEY]

    def lag(self, *sources: str) -> int:
        """Records of these sources, or of all, that the group has not committed yet, all partitions together."""
        consumer = Consumer(
            for_librdkafka(self.settings) | {"group.id": self.settings.group_id, "isolation.level": "read_committed"}
        )
        names = [self.topic(source) for source in sources or self.sources]
        parts = [TopicPartition(name, p) for name in names for p in range(self.settings.partitions)]
        try:
            end = sum(consumer.get_watermark_offsets(p, timeout=10)[1] for p in parts)
            return end - sum(max(0, p.offset) for p in consumer.committed(parts, timeout=20))
        except KafkaException:  # a broker that has just started still loads its coordinators
            return sys.maxsize
        finally:
            consumer.close()

    def drain(self, timeout_s: float = 45.0) -> None:
        """Until the group has committed everything; workers that end are started again."""
        self.until(lambda: self.lag() <= 0, timeout_s, "the group does not catch up")

    def until(self, condition: Callable[[], bool], timeout_s: float, complaint: str) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(complaint + "\n" + "\n".join(self.log(worker)[-2000:] for worker in self.workers))
            self.revive()
            time.sleep(0.1)

    def verdict(self, fed: Iterable[bytes]) -> str:
        """`lost=0 repeated=0`, or how many; the same of the changelog."""
        wanted, out, changes = set(fed), self.keys(self.topic("out")), self.keys(self.changelog)
        lost, repeated = len(wanted - set(out)), len(out) - len(set(out))
        return f"lost={lost} repeated={repeated} changelog={len(changes) - len(set(out))}"


RIGHT = "lost=0 repeated=0 changelog=0"
