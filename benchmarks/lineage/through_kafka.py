"""Fills an index through an embedded Kafka, as a console does."""

import resource
import subprocess
import sys
import time
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.lineage import world
from benchmarks.lineage.filling import Filled
from streams.demo.cluster import Cluster
from streams.events import topics
from streams.kafka import registry
from streams.kafka.login.librdkafka import for_librdkafka
from streams.lineage.index.intake.records import SMALL
from streams.lineage.index.opening import open_index
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

LOOK_S = 0.05
SILENT = {"log_level": 0}


def fill_through(folder: Path, shape: world.Shape) -> Filled:
    """An index in a folder. Raises Unavailable, Misconfigured."""
    with Cluster() as cluster:
        settings = Settings(
            _env_file=None,
            bootstrap_servers=cluster.bootstrap_servers,
            registry_url=cluster.registry_url,
            partitions=world.PARTITIONS,
            lineage_dir=folder,
            lineage_days=36_500,  # the world's days lie where they lie
        )
        _tell(settings, shape)
        began, cpu, now_ms = time.perf_counter(), time.process_time(), time.time() * 1000
        with open_index(settings) as index:
            while index.reach().as_of_ms < now_ms:
                time.sleep(LOOK_S)
                if index.state().trouble:
                    raise Unavailable(index.state().trouble)
            seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    size = sum(one.stat().st_size for one in folder.rglob("*.sst"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Filled(shape.rows, shape.a_record, seconds, cpu_s, size / shape.rows, peak)


def _tell(settings: Settings, shape: world.Shape) -> None:
    """All records into a topic, as workers would."""
    names = [f"{settings.topic_prefix}.{name}" for name in (topics.LINEAGE, *SMALL)]
    admin = AdminClient(for_librdkafka(settings) | SILENT)
    for made in admin.create_topics([NewTopic(name, settings.partitions, 1) for name in names]).values():
        made.result()
    head = bytes(1) + registry.register(settings)[topics.LINEAGE].to_bytes(4, "big")
    producer = Producer(for_librdkafka(settings) | SILENT | {"linger.ms": 50, "compression.type": "lz4"})
    command = [sys.executable, "-m", "benchmarks.lineage.world", *map(str, shape)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
        assert source.stdout is not None
        for partition, body in world.read(source.stdout):
            _put(producer, names[0], head + body, partition)
    producer.flush()


def _put(producer: Producer, topic: str, value: bytes, partition: int) -> None:
    while True:
        try:
            producer.produce(topic, value, partition=partition)
            producer.poll(0)
            return
        except BufferError:
            producer.poll(0.1)
