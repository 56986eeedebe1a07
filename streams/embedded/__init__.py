"""Kafka and a schema registry for a laptop, a demo and the tests."""

from streams.embedded.cluster import Cluster, missing
from streams.embedded.mock import MockCluster

__all__ = ["Cluster", "MockCluster", "missing"]
