"""The demo's Kafka: embedded, a mock, or the user's own."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.demo.cluster import Cluster, MockCluster, missing
from streams.kafka import admin
from streams.ops.settings import LOCAL_REGISTRY, Settings

PARTITIONS = 4
Say = Callable[[str], None]


def kafka_for(stack: ExitStack, settings: Settings, keep: Path | None, say: Say) -> tuple[Settings, str, Path]:
    """Settings that point at a Kafka, what Kafka it is, and the folder for state and logs."""
    if settings.bootstrap_servers:
        return settings, f"your Kafka at {settings.bootstrap_servers}", _folder(stack, keep)
    lacking = missing()
    if lacking is None:
        cluster = stack.enter_context(Cluster(keep, partitions=PARTITIONS, progress=say))
        found = _at(settings, cluster.bootstrap_servers, cluster.registry_url)
        return found, "Apache Kafka 4.3 (embedded, KRaft)", cluster.data_dir
    say(f"{lacking} Going on with librdkafka's mock cluster: in memory, nothing survives, no promises hold.")
    wanted = {topic.name: PARTITIONS for topic in admin.layout_of(settings)}
    fake = stack.enter_context(MockCluster(wanted))
    found = _at(settings, fake.bootstrap_servers, LOCAL_REGISTRY)
    return found, "librdkafka's mock cluster (in memory)", _folder(stack, keep)


def _folder(stack: ExitStack, keep: Path | None) -> Path:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        return keep
    made = TemporaryDirectory(prefix="junction-streams-", ignore_cleanup_errors=True)  # because what runs may write
    return Path(stack.enter_context(made))


def _at(settings: Settings, bootstrap_servers: str, registry_url: str) -> Settings:
    where = {"bootstrap_servers": bootstrap_servers, "registry_url": registry_url}
    return settings.model_copy(update={**where, "partitions": PARTITIONS})
