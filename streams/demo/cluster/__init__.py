"""Kafka and a schema registry for a laptop, a demo and the tests."""

from streams.demo.cluster.cluster import Cluster, missing
from streams.demo.cluster.mock import MockCluster

__all__ = ["Cluster", "MockCluster", "missing"]
