"""A real Kafka with topics of ours, and an index for each test."""

import uuid
from collections.abc import Iterator

import pytest

from streams.demo.cluster import Cluster
from streams.lineage.index.temporary import temporary_index
from streams.ops.settings import Settings
from tests.lineage.asking.yard import Ground, Yard


@pytest.fixture(scope="package")
def ground(cluster: Cluster) -> Ground:
    """Two partitions a topic, whose names are this room's own."""
    prefix = f"t{uuid.uuid4().hex[:10]}"
    names = {"topic_prefix": prefix, "group_id": prefix, "partitions": 2}
    at = {"bootstrap_servers": cluster.bootstrap_servers, "registry_url": cluster.registry_url}
    return Ground(Settings(_env_file=None, **names, **at))


@pytest.fixture
def yard(ground: Ground) -> Iterator[Yard]:
    with temporary_index() as index:
        yield Yard(ground, index)
