"""What one client has to read: two topics, and transactions that end as they do when workers are killed."""

import random
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.consumers.records import ACTIVITY, DELETED, STEPS, Value, large, samples, summary

END = "end"  # key of the last record of each topic
PRODUCERS = 4
TRANSACTIONS = 32
LARGE_RECORDS, LARGE_SAMPLES = 400, 600  # about 4 MB: several batches, more than one fetch of a partition
LARGE_MIB = 3  # one committed record
PATIENCE_S = 120
TRANSACTION_MS = 600_000  # the open one waits for the slowest client; Kafka would abort it after a minute


@dataclass
class Stage:
    """`ids`: short topic name → schema id. `committed`: what a right client shows, by key; `aborted`: how many more."""

    settings: Settings
    ids: dict[str, int]
    committed: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    aborted: int = 0

    def __post_init__(self) -> None:
        self.names = [f"{self.settings.topic_prefix}.{topic}" for topic in (STEPS, ACTIVITY)]
        # Kept: without it its answers never come.
        self._admin = AdminClient(for_librdkafka(self.settings) | {"log_level": 0})
        for future in self._admin.create_topics([NewTopic(name, 1, 1) for name in self.names]).values():
            future.result()
        self._writers = [_Writer(self, f"{self.settings.topic_prefix}-{number}") for number in range(PRODUCERS)]

    def fill(self) -> None:
        """Everything up to an open transaction."""
        self._interleaved()
        self._large()
        self._writers[3].transaction([(STEPS, _one()), (ACTIVITY, DELETED)], commit=True)
        last, open_one = self._writers[0], self._writers[1]
        last.transaction(_some(3), commit=True)
        last.transaction(_some(3), commit=False)
        open_one.begin()
        open_one.write(_some(5), commit=False)

    def finish(self) -> None:
        """The open transaction is aborted; behind it each topic gets its last record."""
        self._writers[1].end(commit=False)
        ends = [(STEPS, samples(1)), (ACTIVITY, summary())]
        self._writers[2].transaction(ends, commit=True, key=END)

    def _interleaved(self) -> None:
        """Producers take turns; about half of their transactions are aborted. The same at every run."""
        chance = random.Random(7)
        left, running = TRANSACTIONS, dict.fromkeys(self._writers, False)
        while left or any(running.values()):
            writer = chance.choice(self._writers)
            if not running[writer]:
                if left:
                    left -= 1
                    running[writer] = True
                    writer.begin(commit=chance.random() < 0.5)
            elif chance.random() < 0.4:
                running[writer] = False
                writer.end(commit=writer.commit)
            else:
                writer.write(_some(chance.randint(1, 4)), commit=writer.commit)

    def _large(self) -> None:
        """An aborted transaction of several megabytes, and small committed ones within it."""
        much, little = self._writers[:2]
        much.begin()
        for _ in range(4):
            much.write([(STEPS, _many())] * (LARGE_RECORDS // 4), commit=False)
            little.transaction(_some(2), commit=True)
        much.end(commit=False)


class _Writer:
    """One transactional producer. `commit`: how its present transaction will end."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage, self.commit = stage, False
        conf = {
            "transactional.id": name,
            "log_level": 0,
            "linger.ms": 5,
            "compression.type": "lz4",
            "batch.size": 1_000_000,
        }
        conf |= {"message.max.bytes": stage.settings.record_bytes_max, "transaction.timeout.ms": TRANSACTION_MS}
        self._producer = Producer(for_librdkafka(stage.settings) | conf)
        self._producer.init_transactions(PATIENCE_S)

    def transaction(self, rows: Iterable[tuple[str, Value]], *, commit: bool, key: str = "") -> None:
        self.begin()
        self.write(rows, commit=commit, key=key)
        self.end(commit=commit)

    def begin(self, *, commit: bool = False) -> None:
        self.commit = commit
        self._producer.begin_transaction()

    def write(self, rows: Iterable[tuple[str, Value]], *, commit: bool, key: str = "") -> None:
        """Written at once, so that the order of the calls is that of the offsets."""
        for topic, value in rows:
            self._producer.produce(*self._row(topic, value, commit, key))
        self._producer.flush(PATIENCE_S)

    def end(self, *, commit: bool) -> None:
        (self._producer.commit_transaction if commit else self._producer.abort_transaction)(PATIENCE_S)

    def _row(self, topic: str, value: Value, commit: bool, key: str) -> tuple[str, bytes | None, bytes]:
        stage = self._stage
        if commit:
            name = key or f"committed-{len(stage.committed)}"
            stage.committed[f"{topic} {name}"] = value.fields
        else:
            stage.aborted += 1
            name = f"aborted-{stage.aborted}"
        wire = None if value.body is None else struct.pack(">BI", 0, stage.ids[topic]) + value.body
        return f"{stage.settings.topic_prefix}.{topic}", wire, name.encode()


def _some(count: int) -> Iterator[tuple[str, Value]]:
    """Records of both topics, with and without their nullable columns."""
    kinds = _kinds()
    return (kinds[number % len(kinds)] for number in range(count))


@cache
def _kinds() -> list[tuple[str, Value]]:
    full = {
        "steps": 8123,
        "distance": 5210.5,
        "wheelchair_use": False,
        "updated_at": "2026-06-03T21:00:00.000001+00:00",
    }
    return [(STEPS, samples(3, offset_s=7200)), (ACTIVITY, summary()), (STEPS, samples(1)), (ACTIVITY, summary(**full))]


@cache
def _many() -> Value:
    return samples(LARGE_SAMPLES)


@cache
def _one() -> Value:
    return large(LARGE_MIB)
