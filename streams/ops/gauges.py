"""Metrics of what the tables hold now, not of what has happened: a restart does not reset them.

A worker sets the figures of each partition that it owns whenever it has read all rows of it. It reports their sum, and
the sum over workers is the total. Figures of a partition that it lost are dropped: the new owner reports them.
"""

import math
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

Labels = tuple[str, ...]
T = TypeVar("T")


class Spread:
    """How values are distributed over buckets. `bounds`: the greatest value of each bucket, rising."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def merge(self, other: "Spread") -> None:
        """Add the values of another one with the same bounds."""
        self.counts = [ours + theirs for ours, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    def cumulative(self) -> list[tuple[str, float]]:
        """(upper bound, number of values not above it) of each bucket, as Prometheus takes it."""
        # Bounds as in OpenMetrics, `3600.0`: Prometheus 3 rewrites any other form so, Prometheus 2 keeps what it gets.
        names = [floatToGoString(bound) for bound in (*self.bounds, math.inf)]  # type: ignore[no-untyped-call]  # because it has none
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))


class _PartitionMetric(Collector, Generic[T]):
    """The last rows of each partition. Set in the event loop, read by the thread of a scrape."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        self.name, self.documentation, self.labels = name, documentation, tuple(labels)
        self._rows: dict[int, Mapping[Labels, T]] = {}
        self._lock = threading.Lock()
        REGISTRY.register(self)

    def set(self, partition: int, rows: Mapping[Labels, T]) -> None:
        """Replace the rows of a partition."""
        with self._lock:
            self._rows[partition] = rows

    def keep(self, partitions: Collection[int]) -> None:
        """Drop the rows of all other partitions."""
        with self._lock:
            self._rows = {number: rows for number, rows in self._rows.items() if number in partitions}

    def _all(self) -> Iterator[tuple[Labels, T]]:
        with self._lock:
            by_partition = list(self._rows.values())
        for rows in by_partition:
            yield from rows.items()


class TableGauge(_PartitionMetric[int]):
    """A gauge: the number of rows by labels."""

    def describe(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(self.name, self.documentation, labels=self.labels)]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        total: Counter[Labels] = Counter()
        for labels, n in self._all():
            total[labels] += n
        (family,) = self.describe()
        for labels, n in sorted(total.items()):
            family.add_metric(labels, n)
        yield family


class TableHistogram(_PartitionMetric[Spread]):
    """A histogram whose counts may fall: the distribution now. Query it by `histogram_quantile` without `rate`."""

    def describe(self) -> list[GaugeHistogramMetricFamily]:
        return [GaugeHistogramMetricFamily(self.name, self.documentation, labels=self.labels)]

    def collect(self) -> Iterator[GaugeHistogramMetricFamily]:
        total: dict[Labels, Spread] = {}
        for labels, spread in self._all():
            total.setdefault(labels, Spread(spread.bounds)).merge(spread)
        (family,) = self.describe()
        for labels, spread in sorted(total.items()):
            family.add_metric(labels, spread.cumulative(), spread.total)
        yield family
