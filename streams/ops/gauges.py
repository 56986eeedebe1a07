"""Metrics of what stands in tables now, not of what has happened: a restart forgets nothing of them.

A worker tells the figures of each partition that it owns, as often as it has walked over its rows. The sum over
partitions is the worker's, the sum over workers is everybody's. What it said of a partition that it lost is dropped,
because the new owner says it.
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
        """Add what another one of the same bounds has."""
        self.counts = [ours + theirs for ours, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    def cumulative(self) -> list[tuple[str, float]]:
        """As Prometheus wants it: (upper bound, how many values are not above it).

        Bounds are written as in OpenMetrics, `3600.0`: Prometheus 3 makes that of any other form, 2 keeps what it gets.
        """
        names = [floatToGoString(bound) for bound in (*self.bounds, math.inf)]  # type: ignore[no-untyped-call]  # because it has none
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))


class _Told(Collector, Generic[T]):
    """What each partition said last. Told in the event loop, read by whoever scrapes."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        self.name, self.documentation, self.labels = name, documentation, tuple(labels)
        self._rows: dict[int, Mapping[Labels, T]] = {}
        self._lock = threading.Lock()
        REGISTRY.register(self)

    def tell(self, partition: int, rows: Mapping[Labels, T]) -> None:
        """The rows of a partition, instead of those that it had."""
        with self._lock:
            self._rows[partition] = rows

    def keep(self, partitions: Collection[int]) -> None:
        """Forget the others."""
        with self._lock:
            self._rows = {number: rows for number, rows in self._rows.items() if number in partitions}

    def _all(self) -> Iterator[tuple[Labels, T]]:
        with self._lock:
            told = list(self._rows.values())
        for rows in told:
            yield from rows.items()


class Standing(_Told[int]):
    """A gauge: how many things are as the labels say."""

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


class Spreading(_Told[Spread]):
    """A histogram that may fall: how things are distributed now. `histogram_quantile` without `rate` reads it."""

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
