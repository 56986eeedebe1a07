"""`junction-streams up`: the embedded cluster alone, until somebody stops it."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from streams.demo.cluster.cluster import Cluster
from streams.demo.cluster.jars import to_stderr
from streams.demo.running.announce import announced
from streams.ops.settings import Settings


def up(settings: Settings, data_dir: Path, *, as_json: bool = False, partitions: int = 4) -> None:
    """Start Kafka and the registry on `data_dir`, print where they are, wait for Ctrl-C or SIGTERM, stop them.

    Standard output has only the lines to `export` (or one JSON object), progress goes to stderr. Raises Misconfigured
    when Java is missing, the folder is in use, or a process ends by itself.
    """
    if settings.bootstrap_servers:
        to_stderr("STREAMS_BOOTSTRAP_SERVERS is set: other commands use that cluster, not this one, until you export")
    with _interruptible():
        to_stderr("starting Apache Kafka and the schema registry")
        with (
            Cluster(data_dir, partitions=partitions) as cluster,
            announced(_settings_for(settings, cluster, partitions), "up") as is_announced,
        ):
            try:
                print(describe(cluster, partitions, as_json=as_json), flush=True)
                to_stderr(f"ready; data and logs in {cluster.data_dir}. Ctrl-C stops it.")
                if is_announced:
                    to_stderr("other commands of yours use it where STREAMS_BOOTSTRAP_SERVERS is not set")
                while True:
                    time.sleep(1)
                    cluster.check()
            except KeyboardInterrupt:
                to_stderr("stopping")


def _settings_for(settings: Settings, cluster: Cluster, partitions: int) -> Settings:
    where = {"bootstrap_servers": cluster.bootstrap_servers, "registry_url": cluster.registry_url}
    return settings.model_copy(update={**where, "partitions": partitions})


def describe(cluster: Cluster, partitions: int, *, as_json: bool) -> str:
    """Addresses for a shell (`export` lines) or for a program (JSON)."""
    if as_json:
        where = {"bootstrap_servers": cluster.bootstrap_servers, "registry_url": cluster.registry_url}
        return json.dumps({**where, "partitions": partitions, "data_dir": str(cluster.data_dir)})
    return (
        f"export STREAMS_BOOTSTRAP_SERVERS={cluster.bootstrap_servers}\n"
        f"export STREAMS_REGISTRY_URL={cluster.registry_url}\n"
        f"export STREAMS_PARTITIONS={partitions}"
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C (also in a job that a shell put in the background), SIGTERM and a closed terminal end it alike."""
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
