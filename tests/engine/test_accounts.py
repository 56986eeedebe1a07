"""The check of every start, on a real Kafka: offsets that are lost, set by hand, or of another topic."""

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.events import topics
from streams.kafka.login.librdkafka import for_librdkafka
from tests.engine.rig import RIGHT, Rig, keys


def worked(rig: Rig) -> None:
    """100 keys and one dead letter, committed by a worker that has left."""
    rig.feed(keys(0, 100))
    rig.feed([b"bad"], value=b"poison")
    rig.start()
    rig.drain()
    rig.stop()


def set_offsets(rig: Rig, ahead: int) -> None:
    """What `kafka-consumer-groups.sh --reset-offsets` does, once the group is empty."""
    rig.until(lambda: rig.members() == 0, 30, "the group is not empty")
    consumer = Consumer(for_librdkafka(rig.settings) | {"group.id": rig.settings.group_id, "enable.auto.commit": False})
    parts = [TopicPartition(rig.topic("raw.a"), p) for p in range(rig.settings.partitions)]
    moved = [TopicPartition(p.topic, p.partition, max(0, p.offset + ahead)) for p in consumer.committed(parts, 20)]
    consumer.commit(offsets=moved, asynchronous=False)
    consumer.close()


@pytest.mark.parametrize("wiped", [False, True])
def test_a_group_that_was_forgotten(rig: Rig, wiped: bool) -> None:
    """Kafka deletes the offsets of a group that was empty for a week: the worker goes on from what its tables know.

    It reads nothing again, or the dead letter would be there twice; with or without its directory.
    """
    worked(rig)
    rig.until(lambda: rig.members() == 0, 30, "the group is not empty")
    admin = AdminClient(for_librdkafka(rig.settings))
    admin.delete_consumer_groups([rig.settings.group_id])[rig.settings.group_id].result()
    if wiped:
        rig.wipe()
    rig.feed(keys(50, 150))
    rig.start()
    rig.until(lambda: len(rig.keys(rig.topic("out"))) >= 150, 45, "the new keys are not emitted")
    rig.stop()
    assert '"group_behind"' in rig.log("w0")
    assert rig.verdict(keys(0, 150)) == RIGHT
    assert len(rig.read(rig.topic(topics.DEAD_LETTERS))) == 1


def test_a_first_transaction_that_was_aborted(rig: Rig) -> None:
    """It leaves a changelog with an end and no row, and a group without offsets: nothing is missing, so it starts."""
    producer = Producer(for_librdkafka(rig.settings) | {"transactional.id": f"{rig.settings.group_id}-w0"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for partition in range(rig.settings.partitions):
        producer.produce(rig.changelog, b"1", b"never", partition)
    producer.flush()
    producer.abort_transaction(30)
    rig.start()
    rig.feed(keys(0, 100))
    rig.drain()
    assert rig.stop() == 0
    assert rig.verdict(keys(0, 100)) == RIGHT


def test_offsets_set_forward(rig: Rig) -> None:
    """Tables that miss what is committed are refused with both offsets; a person who did it says so and goes on."""
    worked(rig)
    rig.feed(keys(100, 140))
    set_offsets(rig, 3)
    assert rig.start().wait(30) == 1
    rig.workers.pop("w0")
    log = rig.log("w0")
    assert f"Misconfigured: the tables are made from {rig.topic('raw.a')}[" in log
    assert f"but group {rig.settings.group_id} has committed" in log
    assert "--accept-offsets" in log
    assert log.count('"restored_again"') == 1
    rig.start(ACCEPT="1")
    rig.drain()
    assert rig.stop() == 0
    worker = rig.start()  # once was enough, for partitions to which nothing came, too
    rig.feed(keys(140, 150))
    rig.drain()
    assert rig.workers == {"w0": worker}
    assert rig.stop() == 0
    assert set(keys(140, 150)) <= set(rig.keys(rig.topic("out")))


def test_offsets_set_back(rig: Rig) -> None:
    """Offsets before those of the tables are taken only from a person who says so."""
    worked(rig)
    set_offsets(rig, -1_000)
    rig.start()
    rig.until(lambda: '"assigned"' in rig.log("w0"), 30, "no worker")
    rig.feed(keys(100, 110))
    rig.drain()
    rig.stop()
    assert len(rig.read(rig.topic(topics.DEAD_LETTERS))) == 1
    set_offsets(rig, -1_000)
    rig.start(ACCEPT="1")
    rig.drain()
    assert len(rig.read(rig.topic(topics.DEAD_LETTERS))) == 2
    assert rig.verdict(keys(0, 110)) == RIGHT


def test_without_the_check(rig: Rig) -> None:
    """The engine without this check (mutation `no_check`) goes on from any offset, and says nothing."""
    worked(rig)
    rig.feed(keys(100, 140))
    set_offsets(rig, 3)
    rig.start(BREAK="no_check")
    rig.drain()
    assert rig.stop() == 0
    assert "offsets_differ" not in rig.log("w0")
    assert rig.verdict(keys(0, 140)) != RIGHT
