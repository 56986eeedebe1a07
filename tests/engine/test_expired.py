"""Records that Kafka no longer has when a worker comes to them, on a real Kafka: counted, never passed over."""

import json
import signal
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from streams.engine.store import restore_read
from streams.engine.store.restore_job import RestoreJob
from streams.engine.store.table import StateTable
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.reader import Messages
from streams.ops.errors import Unavailable
from tests.engine.rig import TABLE, Rig, keys


def delete_before(rig: Rig, offset: int) -> None:
    """What retention does, in every partition of the source, at once."""
    admin = AdminClient(for_librdkafka(rig.settings))
    places = [TopicPartition(rig.topic("raw.a"), p, offset) for p in range(rig.settings.partitions)]
    for future in admin.delete_records(places).values():
        future.result()


def told(rig: Rig) -> int:
    """How many records the worker said are lost."""
    lines = [json.loads(line) for line in rig.log("w0").splitlines() if '"records_expired"' in line]
    assert all(line["level"] == "error" and line["topic"] == rig.topic("raw.a") for line in lines)
    return sum(line["count"] for line in lines)


def test_deleted_under_a_worker_that_is_behind(rig: Rig) -> None:
    """A running worker that finds the log begun anew behind its cursor says how many are lost, and goes on."""
    worker = rig.start()
    rig.feed(keys(0, 400))
    rig.drain()
    worker.send_signal(signal.SIGSTOP)
    rig.feed(keys(400, 4_400))
    delete_before(rig, 600)
    worker.send_signal(signal.SIGCONT)
    rig.drain()
    out = rig.keys(rig.topic("out"))
    lost = told(rig)
    assert lost > 0
    assert len(out) == len(set(out)) == 4_400 - lost
    rig.feed(keys(4_400, 4_500))
    rig.drain()
    assert set(keys(4_400, 4_500)) <= set(rig.keys(rig.topic("out")))
    assert rig.workers == {"w0": worker}


def test_all_deleted_under_a_worker_that_is_behind(rig: Rig) -> None:
    """Where nothing is left to read, the loss is told and committed all the same: the lag ends at 0."""
    worker = rig.start()
    rig.feed(keys(0, 400))
    rig.drain()
    worker.send_signal(signal.SIGSTOP)
    rig.feed(keys(400, 800))
    delete_before(rig, -1)  # up to the end
    worker.send_signal(signal.SIGCONT)
    rig.drain()
    assert len(rig.keys(rig.topic("out"))) + told(rig) >= 800
    assert rig.workers == {"w0": worker}


def test_made_anew_and_shorter_under_a_worker(rig: Rig) -> None:
    """A topic that ends before a running worker's cursor was made anew: the worker ends with a sentence."""
    worker = rig.start()
    rig.feed(keys(0, 400))
    rig.drain()
    worker.send_signal(signal.SIGSTOP)  # awake, it would see that the topic is gone, and give it up
    rig.recreate(rig.topic("raw.a"))
    rig.feed(keys(400, 440))
    worker.send_signal(signal.SIGCONT)
    assert worker.wait(30) == 1
    assert "jumped back from offset" in rig.log("w0")


def test_made_anew_while_nobody_reads(rig: Rig) -> None:
    """Kafka forgets a group's offsets with the topic: the new one is read from its beginning."""
    rig.start()
    rig.feed(keys(0, 400))
    rig.drain()
    rig.stop()
    rig.recreate(rig.topic("raw.a"))
    rig.feed(keys(400, 1_400))
    rig.start()
    rig.drain()
    assert len(rig.keys(rig.topic("out"))) == 1_400


def test_a_reader_goes_on_with_what_is_left(rig: Rig) -> None:
    """A command that reads a topic while its beginning expires reads all the rest."""
    rig.feed(keys(0, 400))
    delete_before(rig, 20)
    reader = Messages(rig.settings, [rig.topic("raw.a")], from_beginning=True)
    partitions = range(rig.settings.partitions)
    reader._consumer.assign([TopicPartition(rig.topic("raw.a"), p, 10) for p in partitions])  # as far as it had come
    assert len(list(reader.until_now())) == 400 - 20 * rig.settings.partitions
    reader.close()


class Forgetful(StateTable):
    """A table that keeps nothing."""

    name = TABLE

    def __init__(self) -> None:
        pass

    def write(self, partition: int, changed: Mapping[bytes, bytes | None], offset: int, **how: Any) -> None:
        pass


def test_a_restore_that_is_overtaken_is_no_restore(rig: Rig) -> None:
    """Where a changelog loses its beginning while it is read, the restore ends with an error, not with what is left."""
    rig.feed(keys(0, 400))
    delete_before(rig, 20)
    source = (rig.topic("raw.a"), 0)
    with pytest.raises(Unavailable, match=r"reading changelog .*_AUTO_OFFSET_RESET"):
        restore_read.read(rig.settings, {source: RestoreJob(Forgetful(), source, 10, 50)}, threading.Event())


def test_made_anew_and_longer_under_a_worker(rig: Rig) -> None:
    """A topic made anew that already reaches beyond the cursor: the next assignment says so and refuses to go on.

    Until then nobody can tell: a fetch names the topic and not its id. What lies before the cursor is passed over.
    """
    worker = rig.start()
    rig.feed(keys(0, 400))
    rig.drain()
    worker.send_signal(signal.SIGSTOP)
    rig.recreate(rig.topic("raw.a"))
    rig.feed(keys(400, 4_400))
    worker.send_signal(signal.SIGCONT)
    rig.drain()
    rig.stop()
    worker = rig.start()
    assert worker.wait(30) == 1
    assert f"Misconfigured: {rig.topic('raw.a')} was made anew" in rig.log("w0")
