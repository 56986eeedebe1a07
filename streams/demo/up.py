"""`junction-streams up`: the embedded cluster alone, until somebody stops it."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

from streams.demo.cluster.cluster import Cluster
from streams.demo.cluster.jars import to_stderr
from streams.demo.postgres import Postgres
from streams.demo.running.announce import announced
from streams.ops.settings import Settings


def up(
    settings: Settings, data_dir: Path, *, as_json: bool = False, partitions: int = 4, postgres: bool = False
) -> None:
    """Start Kafka and the registry on `data_dir`, print where they are, wait for Ctrl-C or SIGTERM, stop them.

    `postgres`: a PostgreSQL too, on the folder `postgres` in it.

    Standard output has only the lines to `export` (or one JSON object), progress goes to stderr. Raises Misconfigured
    when Java is missing, the folder is in use, or a process ends by itself.
    """
    if settings.bootstrap_servers:
        to_stderr("STREAMS_BOOTSTRAP_SERVERS is set: other commands use that cluster, not this one, until you export")
    with _interruptible():
        to_stderr(f"starting Apache Kafka{', PostgreSQL' if postgres else ''} and the schema registry")
        with (
            Cluster(data_dir, partitions=partitions) as cluster,
            Postgres(cluster.data_dir / "postgres") if postgres else nullcontext() as database,
            announced(_settings_for(settings, cluster, partitions), "up") as is_announced,
        ):
            try:
                print(describe(cluster, partitions, database, as_json=as_json), flush=True)
                to_stderr(f"ready; data and logs in {cluster.data_dir}. Ctrl-C stops it.")
                if is_announced:
                    to_stderr("other commands of yours use it where STREAMS_BOOTSTRAP_SERVERS is not set")
                while True:
                    time.sleep(1)
                    cluster.check()
                    if database:
                        database.check()
            except KeyboardInterrupt:
                to_stderr("stopping")


def _settings_for(settings: Settings, cluster: Cluster, partitions: int) -> Settings:
    where = {"bootstrap_servers": cluster.bootstrap_servers, "registry_url": cluster.registry_url}
    return settings.model_copy(update={**where, "partitions": partitions})


def describe(cluster: Cluster, partitions: int, database: Postgres | None, *, as_json: bool) -> str:
    """Addresses for a shell (`export` lines) or for a program (JSON). That of PostgreSQL has its password."""
    where = {"bootstrap_servers": cluster.bootstrap_servers, "registry_url": cluster.registry_url}
    own = {"postgres_url": database.url.get_secret_value()} if database else {}
    if as_json:
        return json.dumps({**where, **own, "partitions": partitions, "data_dir": str(cluster.data_dir)})
    exported = {**where, "partitions": partitions, **own}
    return "\n".join(f"export STREAMS_{name.upper()}={value}" for name, value in exported.items())


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
