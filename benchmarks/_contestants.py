"""Who takes part in `benchmarks.engine`: how each is started on a job."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._dedup import COMPACT, Job
from benchmarks._dedup_ours import TABLE
from streams.demo.cluster import jars
from streams.demo.cluster.java import find_java
from streams.events import topics

JAVA_SOURCES = Path(__file__).parent / "kafka_streams"
THREADS = 2
JVM = ("-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")


@dataclass(frozen=True)
class Start:
    """A process to start; `env` on top of ours."""

    command: list[str]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Contestant:
    """`prepare`: once, before the first start; raises Misconfigured. `exactly_once`: whether a record lost or repeated
    is a failure. `records_max`: of the job, for who is slow. `by_output`: timed by what it has emitted, not by what
    it has committed, for who may never commit the last of it.
    """

    name: str
    start: Callable[[Job, Path, int], Start]  # (job, state folder, number of the worker)
    prepare: Callable[[Job], None] = lambda job: None
    workers: int = 1
    exactly_once: bool = True
    records_max: int = sys.maxsize
    by_output: bool = False


def ours(workers: int, checkout: Path | None = None) -> Contestant:
    """This engine, or that of another checkout of this project, with the libraries that are installed here."""

    def start(job: Job, state: Path, number: int) -> Start:
        env = {
            "STREAMS_BOOTSTRAP_SERVERS": job.bootstrap_servers,
            "STREAMS_GROUP_ID": job.name,
            "STREAMS_TOPIC_PREFIX": job.name,
            "STREAMS_WORKER_ID": f"w{number}",
            "STREAMS_STATE_DIR": str(state),
        }
        if checkout:
            return Start([sys.executable, "-P", "-m", "benchmarks._dedup_ours"], env | {"PYTHONPATH": str(checkout)})
        return Start([sys.executable, "-m", "benchmarks._dedup_ours"], env)

    def prepare(job: Job) -> None:
        job.create(topics.changelog(job.name, TABLE), config=COMPACT)

    return Contestant(f"{'before' if checkout else 'ours'}_{workers}", start, prepare, workers)


def faust() -> Contestant:
    """Stock Faust."""

    def start(job: Job, state: Path, number: int) -> Start:
        command = [sys.executable, "-m", "benchmarks._dedup_faust", "worker", "-l", "warn", "--without-web"]
        return Start(command, {"JOB": job.name, "BOOTSTRAP": job.bootstrap_servers, "STATE": str(state)})

    return Contestant("faust", start, exactly_once=False, records_max=60_000, by_output=True)


def kafka_streams(guarantee: str, *, cached: bool) -> Contestant:
    """Kafka Streams; see `streams_start`."""

    def start(job: Job, state: Path, number: int) -> Start:
        words = [job.source, job.out, *(["--cached"] if cached else [])]
        return streams_start(job.name, job.bootstrap_servers, guarantee, state, number, words)

    short = {"exactly_once_v2": "eos", "at_least_once": "alo"}[guarantee]
    name = f"streams_{short}{'_cache' if cached else ''}"
    return Contestant(name, start, lambda job: build_streams(), exactly_once=guarantee == "exactly_once_v2")


def streams_start(
    application: str, bootstrap_servers: str, guarantee: str, state: Path, number: int, words: Sequence[str]
) -> Start:
    """Kafka Streams with what its users would set for speed: lz4, two threads, static membership as ours.

    `words`: what `Dedup.java` is told.
    """
    settings = {
        "application.id": application,
        "bootstrap.servers": bootstrap_servers,
        "processing.guarantee": guarantee,
        "commit.interval.ms": "100",
        "num.stream.threads": str(THREADS),
        "state.dir": str(state),
        "statestore.cache.max.bytes": str(64 * 2**20 if "--cached" in words else 0),
        "replication.factor": "1",
        "producer.compression.type": "lz4",
        "producer.max.request.size": str(24 * 2**20),
        "consumer.group.instance.id": f"w{number}",
        "auto.offset.reset": "earliest",
    }
    flags = (f"-Dstreams.{name}={value}" for name, value in settings.items())
    return Start([str(find_java().path), *JVM, "-cp", _class_path(), *flags, "Dedup", *words], {})


ALL = {
    one.name: one
    for one in (
        faust(),
        kafka_streams("at_least_once", cached=False),
        kafka_streams("at_least_once", cached=True),
        kafka_streams("exactly_once_v2", cached=False),
        kafka_streams("exactly_once_v2", cached=True),
        ours(1),
        ours(2),
    )
}


def _class_path() -> str:
    folder = _cache()
    return f"{folder / 'classes'}:{folder / 'libraries'}/*"


def _cache() -> Path:
    return jars.cache_of(b"".join(path.read_bytes() for path in sorted(JAVA_SOURCES.iterdir())))


def build_streams() -> None:
    """Compile the Java program and fetch Kafka Streams, once per user. Raises Misconfigured without Java or Maven."""

    def fill(folder: Path) -> None:
        jars.to_stderr("fetching Kafka Streams, about 100 MB, once per user")
        for path in JAVA_SOURCES.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        jars.run_maven(folder)

    jars.once(_cache(), fill)
