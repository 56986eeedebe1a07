"""The same job with other people's parts: the gateway in Go, and Kafka Streams that drops repeated deliveries.

It does less than ours: deliveries leave once and as they came. Nothing is decoded, compared or joined.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks._contestants import build_streams, streams_start
from benchmarks.gateway import contestants
from benchmarks.gateway.deliveries import ENDPOINT
from benchmarks.load.stand import Stand, kafka_ready, processes, reader
from streams.demo.cluster import Cluster
from streams.demo.cluster.supervise import Child
from streams.events import topics
from streams.events.headers import H_SVIX_ID
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

GROUP, OUT = "peer", "peer"
READY_S = 60


@contextmanager
def started(partitions: int) -> Iterator[Stand]:
    """All of it, ready; gone at the end. Raises Misconfigured."""
    build_streams()
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(partitions=partitions))
        settings, secret = kafka_ready(cluster, partitions)
        settings = settings.model_copy(update={"group_id": GROUP})
        folder = cluster.data_dir
        place = contestants.Place(cluster.bootstrap_servers, secret, partitions, folder, folder)
        running = stack.enter_context(contestants.started(["go_2"], place))
        if not running:
            raise Misconfigured("there is no peer without its gateway")
        (gateway,) = running
        settings = settings.model_copy(update={"gateway_port": gateway.port})
        worker = _streams(stack, settings, folder)
        seen = folder / "seen"
        following = reader(stack, settings, seen, [OUT])
        pids = {"gateway": gateway.pid, "worker": worker.pid, "reader": following.pid}
        found, children = processes(cluster, pids), {"worker": worker, "reader": following}
        yield Stand("peer", settings, ENDPOINT, secret, folder, seen, [], found, children, is_traced=False)


def _streams(stack: ExitStack, settings: Settings, folder: Path) -> Child:
    """Kafka Streams on the raw topics, once it has them."""
    admin, out = AdminClient(for_librdkafka(settings)), f"{settings.topic_prefix}.{OUT}"
    config = {"max.message.bytes": str(settings.record_bytes_max)}
    admin.create_topics([NewTopic(out, settings.partitions, 1, config=config)])[out].result()
    sources = ",".join(f"{settings.topic_prefix}.{name}" for name in topics.RAW)
    words = [sources, out, "--header", H_SVIX_ID]
    start = streams_start(GROUP, settings.bootstrap_servers, "exactly_once_v2", folder / "streams", 0, words)
    child = Child(start.command, folder / "streams.log", env=start.env)
    stack.callback(child.stop)
    deadline = time.monotonic() + READY_S
    while not _is_stable(admin):
        if not child.running() or time.monotonic() > deadline:
            raise Misconfigured(f"Kafka Streams is not ready: {child.last_words()}")
        time.sleep(0.2)
    return child


def _is_stable(admin: AdminClient) -> bool:
    with suppress(KafkaException):  # the group's coordinator is still loading
        group = admin.describe_consumer_groups([GROUP])[GROUP].result()
        return bool(
            group.state.name == "STABLE" and all(member.assignment.topic_partitions for member in group.members)
        )
    return False
