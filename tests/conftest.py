"""Fixtures for everybody. A test that asks for `cluster`, `java` or what is built on them carries the mark `kafka`."""

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from streams.demo.cluster import Cluster, missing
from streams.demo.pipelines.pubsub import FakePubSub
from streams.demo.pipelines.pubsub import missing as pubsub_missing
from streams.demo.pipelines.rabbitmq import RabbitMQ
from streams.demo.pipelines.rabbitmq import missing as rabbitmq_missing
from streams.ops.settings import Settings
from tests import hubs, postgres
from tests.samples import sample_dir

# A law holds on a busy machine too: timing is for benchmarks. A failure prints what reproduces it.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")


def pytest_configure() -> None:
    """No command finds a demo of the person who runs the tests, and no demo of theirs is found."""
    os.environ["XDG_STATE_HOME"] = os.devnull
    # A shell has what it starts in the background ignore Ctrl-C, and commands under test would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a Kafka, which wait much, are spread evenly between those that compute: both cores are always busy.

    From the last one to the first, because those that take longest stand at the end of the alphabet, and one that
    begins when all others are over leaves the other workers idle.
    """
    for item in items:
        if "java" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)
    waiting = dict.fromkeys(item.path for item in items if item.get_closest_marker("kafka"))
    computing = dict.fromkeys(item.path for item in items if item.path not in waiting)
    place = {path: n / len(waiting) for n, path in enumerate(reversed(waiting))}
    place |= {path: n / len(computing) for n, path in enumerate(computing)}
    items.sort(key=lambda item: place[item.path])


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """A test that sets up the log takes it down: it was this test's stderr, which is closed afterwards."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def java() -> None:
    """Skips, with the sentence that a user would see, where an embedded cluster cannot start."""
    lacking = missing()
    if lacking:
        pytest.skip(f"because without Java and Maven no Kafka starts: {lacking}")


@pytest.fixture(scope="session")
def cluster(java: None) -> Iterator[Cluster]:
    """Real Kafka (one node) and the registry, started when the first test asks, stopped at the end.

    With the look-alike's listener: Event Hubs is a Kafka to us, and a second one would cost seconds and 300 MB.
    """
    with Cluster(broker=hubs.HubsKafka) as running:
        yield running


@pytest.fixture
def own_cluster(java: None) -> Iterator[Cluster]:
    """A Kafka for a test that kills it: one with the topics of hundreds of tests takes a minute to come back."""
    with Cluster(registry=False) as running:
        yield running


@pytest.fixture
def prefix() -> str:
    """A topic prefix of this test's own, so that tests share the cluster without meeting."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def settings(cluster: Cluster, prefix: str, tmp_path: Path) -> Settings:
    """Settings for the cluster with a prefix, group and state folder of this test's own. 2 partitions."""
    return Settings(
        _env_file=None,
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        topic_prefix=prefix,
        group_id=f"{prefix}-group",
        partitions=2,  # Kafka needs a second of CPU for each 300 that are made, and a test has seventy topics
        state_dir=tmp_path / "state",
    )


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of samples; skips when it is absent."""
    return sample_dir()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Its address, without a database."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def database(postgres_server: str) -> str:
    """URL of a database of this test's own."""
    return postgres.database(postgres_server)


@pytest.fixture
def hub_settings(settings: Settings, cluster: Cluster, prefix: str) -> Settings:
    """Settings for Kafka and a look-alike of Event Hubs, with a hub and a group of this test's own. 4 partitions."""
    return hubs.settings_for(settings, cluster, prefix)


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """A real RabbitMQ; skips where none is installed. Queues are a test's own."""
    if lacking := rabbitmq_missing():
        pytest.skip(f"because the door needs a real broker: {lacking}")
    with RabbitMQ() as running:
        yield running


@pytest.fixture
def rabbit_settings(settings: Settings, rabbitmq: RabbitMQ, prefix: str) -> Settings:
    """Settings for Kafka and RabbitMQ, with a queue and an exchange of this test's own."""
    own = {"rabbitmq_url": rabbitmq.url, "rabbitmq_queue": prefix, "rabbitmq_exchange": prefix}
    return settings.model_copy(update=own)


@pytest.fixture(scope="session")
def pubsub() -> Iterator[FakePubSub]:
    """Google's fake of Pub/Sub; skips where it cannot be built. Topics and subscriptions are a test's own."""
    if lacking := pubsub_missing():
        pytest.skip(f"because the door needs somebody who speaks as Pub/Sub: {lacking}")
    with FakePubSub() as running:
        yield running


@pytest.fixture
def pubsub_settings(settings: Settings, pubsub: FakePubSub, prefix: str) -> Settings:
    """Settings for Kafka and Pub/Sub, with a topic and a subscription of this test's own."""
    own = {"pubsub_subscription": f"projects/clinic/subscriptions/{prefix}", "pubsub_endpoint": pubsub.endpoint}
    return settings.model_copy(update={**own, "pubsub_topic": f"projects/clinic/topics/{prefix}"})
