"""Kafka and a schema registry for a laptop, a demo and the tests."""

from streams.embedded.cluster import Cluster, missing

__all__ = ["Cluster", "missing"]
