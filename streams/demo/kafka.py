"""The demo's Kafka: embedded, a mock, or the user's own."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from streams.demo.cluster import Cluster, MockCluster, missing
from streams.demo.cluster.guarded import GuardedKafka
from streams.demo.cluster.kafka import Kafka
from streams.demo.roles import NOBODY, Roles, give_rights
from streams.kafka import admin
from streams.ops.errors import Misconfigured
from streams.ops.settings import LOCAL_REGISTRY, Settings

PARTITIONS = 4
Say = Callable[[str], None]


class Place(NamedTuple):
    """`settings` point at a Kafka, `kind` says in a few words what it is; `folder`: for state and logs."""

    settings: Settings
    kind: str
    folder: Path
    roles: Roles = NOBODY


def kafka_for(stack: ExitStack, settings: Settings, keep: Path | None, say: Say, *, is_secure: bool = False) -> Place:
    """`is_secure`: one that asks for a login. Raises Misconfigured where that cannot be."""
    if settings.bootstrap_servers:
        if is_secure:
            raise Misconfigured("--secure starts a Kafka of its own: unset STREAMS_BOOTSTRAP_SERVERS")
        return Place(settings, f"your Kafka at {settings.bootstrap_servers}", _folder(stack, keep))
    lacking = missing()
    if lacking is None:
        return _embedded(stack, settings, keep, say, is_secure=is_secure)
    if is_secure:
        raise Misconfigured(f"--secure needs a real Kafka: {lacking}")
    say(f"{lacking} Going on with librdkafka's mock cluster: in memory, nothing survives, no promises hold.")
    wanted = {topic.name: PARTITIONS for topic in admin.layout_of(settings)}
    fake = stack.enter_context(MockCluster(wanted))
    found = _at(settings, fake.bootstrap_servers, LOCAL_REGISTRY)
    return Place(found, "librdkafka's mock cluster (in memory)", _folder(stack, keep))


def _embedded(stack: ExitStack, settings: Settings, keep: Path | None, say: Say, *, is_secure: bool) -> Place:
    broker = GuardedKafka if is_secure else Kafka
    cluster = stack.enter_context(Cluster(keep, partitions=PARTITIONS, progress=say, broker=broker))
    found = _at(settings, cluster.bootstrap_servers, cluster.registry_url)
    if not isinstance(cluster.kafka, GuardedKafka):
        return Place(found, "Apache Kafka 4.3 (embedded, KRaft)", cluster.data_dir)
    say("a login for each role, and its rights")
    roles = give_rights(cluster.kafka, found)
    return Place(found, "Apache Kafka 4.3 (embedded, logins and rights)", cluster.data_dir, roles)


def _folder(stack: ExitStack, keep: Path | None) -> Path:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        return keep
    made = TemporaryDirectory(prefix="junction-streams-", ignore_cleanup_errors=True)  # because what runs may write
    return Path(stack.enter_context(made))


def _at(settings: Settings, bootstrap_servers: str, registry_url: str) -> Settings:
    where = {"bootstrap_servers": bootstrap_servers, "registry_url": registry_url}
    return settings.model_copy(update={**where, "partitions": PARTITIONS})
