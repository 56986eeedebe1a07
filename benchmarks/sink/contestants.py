"""Who takes part: how each is started on a topic, and which table it writes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sink.data import SAMPLES, SINGLE
from streams.demo.cluster.supervise import Child
from streams.ops.settings import Settings
from tests.consumers.connect import Connect, sink

JVM = ("-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
SINGLE_KEY = "user_id,source_provider,source_type,time"

Run = Callable[[Settings, str, Path], AbstractContextManager[Child]]  # of (settings, database, folder)


@dataclass(frozen=True)
class Contestant:
    """`table`: what it writes, `{prefix}` stands for the prefix of topics. `find`: counts the row of a `%(user)s` and
    `%(row)s` (a sample's time in µs, or a night's id) by an index."""

    name: str
    topic: str
    run: Run
    table: str
    find: str


def debezium(topic: str, *, unnest: bool, heap_mib: int, batch: int) -> Contestant:
    """Debezium's JDBC sink on a Kafka Connect of its own. Samples it gets one a record: it unnests none."""
    read = SINGLE if topic == SAMPLES else topic
    keys = {"primary.key.mode": "record_value", "primary.key.fields": SINGLE_KEY} if topic == SAMPLES else {}

    @contextmanager
    def run(settings: Settings, database: str, folder: Path) -> Iterator[Child]:
        file = "samples" if topic == SAMPLES else "rows"
        others = {"batch.size": str(batch), "dialect.postgres.unnest.insert.enabled": str(unnest).lower(), **keys}
        worker = {"consumer.max.poll.records": str(batch)}
        at = (settings.bootstrap_servers, settings.registry_url)
        with Connect(folder, *at, heap_mib=heap_mib, settings=worker, jvm=JVM) as connect:
            connect.add(sink(file, database, [f"{settings.topic_prefix}.{read}"], **others))
            yield connect.child

    table = f"{{prefix}}_{read}"
    one = "user_id = %(user)s AND source_provider = 'garmin' AND source_type = 'watch' AND time = %(row)s"
    where = one if topic == SAMPLES else f"record_key = %(user)s || ':{topic}:' || %(row)s"
    name = f"debezium{'_unnest' if unnest else ''}"
    return Contestant(name, topic, run, table, f"SELECT count(*) FROM {table} WHERE {where}")


def ours(topic: str, checkout: Path | None = None) -> Contestant:
    """`sink postgres`, of this checkout or of another."""

    @contextmanager
    def run(settings: Settings, database: str, folder: Path) -> Iterator[Child]:
        env = {
            "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "STREAMS_REGISTRY_URL": settings.registry_url,
            "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
            "STREAMS_GROUP_ID": settings.group_id,
            "STREAMS_POSTGRES_SINK": folder.name,
            "STREAMS_PARTITIONS": str(settings.partitions),
            "STREAMS_POSTGRES_URL": database,
            "STREAMS_POSTGRES_TOPICS": topic,
        } | ({"PYTHONPATH": str(checkout)} if checkout else {})
        child = Child([sys.executable, "-P", "-m", "streams.cli", "sink", "postgres"], folder / "sink.log", env=env)
        try:
            yield child
        finally:
            child.stop()

    table = "junction.samples" if topic == SAMPLES else f"junction.{topic}"
    one = "time = timestamptz 'epoch' + %(row)s * interval '1 microsecond'" if topic == SAMPLES else "id = %(row)s"
    find = f"SELECT count(*) FROM junction.{topic} WHERE user_id = %(user)s AND {one}"
    return Contestant("before" if checkout else "ours", topic, run, table, find)
