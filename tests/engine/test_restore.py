"""Tables read back from their changelogs: after a kill in the middle, and when Kafka no longer has what they need."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from streams.engine.store import restore_read
from streams.engine.store.restore_job import RestoreJob
from streams.engine.store.table import StateTable
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.engine.rig import RIGHT, Rig, keys

KEYS = 40_000  # more than one batch of every partition


def restored(rig: Rig, worker: str = "w0") -> list[int]:
    """Records of each restore that its log tells."""
    lines = [json.loads(line) for line in rig.log(worker).splitlines() if line.startswith("{")]
    return [line["records"] for line in lines if line["event"] == "restored"]


def test_killed_in_the_middle_of_a_restore(rig: Rig) -> None:
    """SIGKILL while the changelog is read back: the next start reads the rest only, and no key is forgotten."""
    rig.feed(keys(0, KEYS))
    rig.start()
    rig.drain()
    rig.stop()
    rig.wipe()
    assert rig.start(DIE_AFTER_WRITES="3").wait(30) == -9
    rig.workers.pop("w0")
    rig.feed(keys(KEYS - 5_000, KEYS + 100))
    rig.start()
    rig.drain()
    assert 0 < restored(rig)[-1] < KEYS
    assert rig.verdict(keys(0, KEYS + 100)) == RIGHT


def delete_beginning(rig: Rig, count: int) -> None:
    """What a cleanup.policy with delete in it does to a changelog, sooner or later."""
    admin = AdminClient(for_librdkafka(rig.settings))
    entry = ConfigEntry("cleanup.policy", "compact,delete", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, rig.changelog, incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result()
    parts = [TopicPartition(rig.changelog, partition, count) for partition in range(rig.settings.partitions)]
    for future in admin.delete_records(parts).values():
        future.result()


def test_a_changelog_without_its_beginning(rig: Rig) -> None:
    """With the tables on disk nothing is missing; without them the start is refused, until it is told to go on."""
    rig.feed(keys(0, 1_000))
    rig.start()
    rig.drain()
    rig.stop()
    delete_beginning(rig, 100)
    rig.feed(keys(500, 1_500))
    rig.start()
    rig.drain()
    rig.stop()
    assert rig.verdict(keys(0, 1_500)).startswith("lost=0 repeated=0")
    rig.wipe()
    assert rig.start().wait(30) == 1
    rig.workers.pop("w0")
    assert f"{rig.changelog}[0] begins at offset 100, but table seen needs it from 0 on" in rig.log("w0")
    rig.feed(keys(1_500, 1_600))
    rig.start(REBUILD="1")
    rig.drain()
    assert set(keys(1_500, 1_600)) <= set(rig.keys(rig.topic("out")))


def test_rebuild_of_foreign_state(rig: Rig) -> None:
    """State of a topic that is gone is forgotten when told to, and the worker goes on with what Kafka has."""
    rig.feed(keys(0, 10))
    rig.start()
    rig.drain()
    rig.stop()
    rig.recreate(rig.changelog)
    rig.feed(keys(0, 20))
    assert rig.start().wait(30) == 1
    rig.workers.pop("w0")
    rig.start(REBUILD="1")
    rig.drain()
    assert set(rig.keys(rig.changelog)) == set(keys(0, 20))


class Scripted:
    """A consumer that gives these batches, and remembers its seeks."""

    def __init__(self, *batches: list[Any]) -> None:
        self._batches = list(batches)
        self.sought: list[int] = []

    def consume(self, count: int, wait_s: float) -> list[Any]:
        return self._batches.pop(0)

    def seek(self, place: TopicPartition) -> None:
        self.sought.append(place.offset)

    def incremental_unassign(self, places: list[TopicPartition]) -> None: ...


class Found:
    """A message, or the end of the partition."""

    def __init__(self, offset: int, *, is_end: bool = False) -> None:
        self._offset, self._error = offset, KafkaError(KafkaError._PARTITION_EOF) if is_end else None

    def topic(self) -> str:
        return "changelog"

    def partition(self) -> int:
        return 0

    def key(self) -> bytes:
        return b"%d" % self._offset

    def value(self) -> bytes:
        return b"x"

    def offset(self) -> int:
        return self._offset

    def error(self) -> KafkaError | None:
        return self._error


class Written(StateTable):
    """A table that remembers what it was given."""

    name = "t"

    def __init__(self) -> None:
        self.writes: list[tuple[int, int, bool]] = []  # offset, rows, whether that is all

    def write(
        self, partition: int, changed: Mapping[bytes, bytes | None], offset: int, *, is_current: bool = True
    ) -> None:
        self.writes.append((offset, len(changed), is_current))


def drained(*batches: list[Found]) -> tuple[list[tuple[int, int, bool]], list[int]]:
    """What a restore of offsets 3 to 8 writes, and where it seeks."""
    table, source = Written(), ("changelog", 0)
    consumer: Any = Scripted(*batches)
    restore_read._read_to_ends(consumer, {source: RestoreJob(table, source, 3, 9)}, threading.Event())
    return table.writes, consumer.sought


def test_records_behind_an_end() -> None:
    """An open transaction that commits while a batch is read: what came behind the end is read once, without a seek."""
    writes, sought = drained([Found(3), Found(5, is_end=True), Found(5), Found(6)], [Found(7), Found(9, is_end=True)])
    assert (writes, sought) == ([(6, 3, False), (8, 1, True)], [])


def test_an_end_before_the_end() -> None:
    """An open transaction is waited for, at the offset where it begins."""
    writes, sought = drained([Found(3), Found(5, is_end=True)], [Found(5, is_end=True)], [Found(9, is_end=True)])
    assert (writes, sought) == ([(3, 1, False), (8, 0, True)], [5, 5])


@contextmanager
def busy_cleaner(settings: Settings) -> Iterator[None]:
    """Kafka's log cleaner looks every 100 ms instead of every 15 s."""

    def set_backoff(how: AlterConfigOpType, ms: str) -> None:
        entry = ConfigEntry("log.cleaner.backoff.ms", ms, incremental_operation=how)
        resource = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[entry])
        admin.incremental_alter_configs([resource])[resource].result()

    admin = AdminClient(for_librdkafka(settings))
    set_backoff(AlterConfigOpType.SET, "100")
    try:
        yield
    finally:
        set_backoff(AlterConfigOpType.DELETE, "")


COMPACTED_AT_ONCE = {
    "cleanup.policy": "compact",
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.001",
    "max.compaction.lag.ms": "100",
    "delete.retention.ms": "0",
}


def test_a_directory_that_was_away_for_too_long(settings: Settings) -> None:
    """Rows that others deleted stay deleted, also where Kafka has already forgotten their tombstones."""
    rig = Rig(settings, changelog_config=COMPACTED_AT_ONCE)
    fed = keys(0, 60)
    try:
        rig.feed(fed, value=b"later")
        rig.start("w0", KEEP_DUE="1")
        rig.drain()
        rig.stop("w0")
        with busy_cleaner(settings):
            rig.start("w1")
            rig.until(lambda: len(rig.keys(rig.topic("out"))) == len(fed), 45, "due rows are not emitted")

            def are_gone() -> bool:
                fed.extend(keys(len(fed), len(fed) + 20))  # only a segment that is not the newest is compacted
                rig.feed(fed[-20:])
                left = {m.key() for m in rig.read(rig.changelog) if m.value() is None}
                return not left

            rig.until(are_gone, 60, "Kafka keeps the tombstones")
            rig.drain()
            rig.stop("w1")
        rig.start("w0")
        fed += keys(len(fed), len(fed) + 20)
        rig.feed(fed[-20:], value=b"later")  # what finds them would find old rows, too
        rig.until(lambda: set(fed) <= set(rig.keys(rig.topic("out"))), 30, "due rows are not emitted")
        rig.stop("w0")
        assert sorted(rig.keys(rig.topic("out"))) == sorted(fed)
        assert '"state_too_old"' in rig.log("w0")
    finally:
        rig.close()
