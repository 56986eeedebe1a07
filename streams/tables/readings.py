"""What each family of events is read as: the one switch, for the worker that folds an event and for `explain`. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.events import Family, topics
from streams.payloads import Control, Entity, Event, Findings, Series, Summary, drift, labs, queries, summary
from streams.tables import connections, samples
from streams.tables.history import HistoryNotice, backfills


def read(decoded: Summary | Series | Control, at_ms: int = 0, delivery_id: str = "") -> "Reading":
    """An event as its family is read. Raises Rejected. `at_ms`, `delivery_id`: of its delivery."""
    event = decoded.event
    if isinstance(decoded, Series):
        return SeriesReading(event.type.resource, event, decoded)
    if isinstance(decoded, Summary):
        return SummaryReading(event.type.resource, event, decoded)
    match event.type.family:
        case Family.DEVICE:
            return DeviceReading(topics.DEVICES, event, summary.read(event, decoded.data))
        case Family.CONNECTION:
            news = connections.read_event(event.type.action, decoded.data, at_ms)
            return ConnectionReading(topics.CONNECTIONS, event, decoded.data, *news)
        case Family.BACKFILL:
            notice = backfills.read_event(decoded.data, at_ms, delivery_id, event.problems)
            return BackfillReading(topics.BACKFILLS, event, decoded.data, *notice)
        case Family.LAB:
            return LabReading(topics.LABS, event, decoded.data, labs.read(event, decoded.data))
        case Family.QUERY:
            return QueryReading(topics.QUERY_RESULTS, event, decoded.data, queries.read(event, decoded.data))
        case _:
            return other(decoded)


def other(control: Control) -> "OtherReading":
    """An event that is passed on as it is, whatever its family."""
    return OtherReading(topics.OTHER, control.event, control.data)


@dataclass(slots=True)
class Reading:
    """`topic`: short name of the clean topic."""

    topic: str
    event: Event

    @property
    def size(self) -> int:
        """Entities in it."""
        return 1

    @property
    def dropped(self) -> int:
        """Samples that are unusable."""
        return 0

    @property
    def is_dated(self) -> bool:
        """Whether its `updated_at` decides first which version is newer."""
        return False

    @property
    def is_keyed(self) -> bool:
        """Whether it has keys of its own; else it is known by its delivery id."""
        return True

    def keys(self, n_max: int) -> Sequence[tuple[str, ...]]:
        """Parts of its first keys in the worker's tables, for people."""
        return ()

    def unknown_paths(self) -> Iterable[str]:
        """Names below `$.data` that have no place in a clean record."""
        return ()

    def findings(self) -> Findings:
        """What of it is not as Junction documents it."""
        return drift.of_other(self.event)


@dataclass(slots=True)
class OtherReading(Reading):
    """An event that is emitted once a delivery."""

    data: Any

    @property
    def is_keyed(self) -> bool:
        return False


@dataclass(slots=True)
class SummaryReading(Reading):
    entity: Summary

    @property
    def is_dated(self) -> bool:
        return self.entity.updated_at_us is not None

    def keys(self, n_max: int) -> Sequence[tuple[str, ...]]:
        return ((self.event.user_id, self.event.type.resource, self.entity.id),)

    def unknown_paths(self) -> Iterable[str]:
        return (f"$.data.{name}" for name in self.entity.unknown)

    def findings(self) -> Findings:
        return drift.of_summary(self.entity)


@dataclass(slots=True)
class DeviceReading(SummaryReading):
    def keys(self, n_max: int) -> Sequence[tuple[str, ...]]:
        return ((self.event.user_id, self.entity.id),)


@dataclass(slots=True)
class SeriesReading(Reading):
    series: Series

    @property
    def size(self) -> int:
        return len(self.series.columns)

    @property
    def dropped(self) -> int:
        return self.series.dropped

    def keys(self, n_max: int) -> Sequence[tuple[str, ...]]:
        source, times_us = self.series.source, self.series.columns.times_us[:n_max]
        thing = (self.event.user_id, self.event.type.resource, source.provider, source.type)
        times = enumerate(samples.times_shown(times_us))
        return [(*thing, *self.series.key_extra(place), time) for place, time in times]

    def unknown_paths(self) -> Iterable[str]:
        of_samples = sorted(set().union(*self.series.columns.unknowns))
        return [f"$.data.{name}" for name in self.series.unknown] + [f"$.data.data[].{name}" for name in of_samples]

    def findings(self) -> Findings:
        return drift.of_series(self.series)


@dataclass(slots=True)
class ConnectionReading(Reading):
    """`news`: what the event says of the link, to be merged with what is known."""

    data: Mapping[str, Any]
    provider: str
    news: connections.Connection

    def keys(self, n_max: int) -> Sequence[tuple[str, ...]]:
        return ((self.event.user_id, self.provider),)

    def findings(self) -> Findings:
        return drift.of_connection(self.event, self.data, self.provider)


@dataclass(slots=True)
class BackfillReading(Reading):
    data: Mapping[str, Any]
    provider: str
    notice: HistoryNotice

    @property
    def key(self) -> tuple[str, str, str]:
        """User, provider, resource."""
        return (self.event.user_id, self.provider, self.event.type.resource)

    def keys(self, n_max: int) -> Sequence[tuple[str, ...]]:
        return (self.key,)

    def findings(self) -> Findings:
        return drift.of_backfill(self.event, self.data, self.provider)


@dataclass(slots=True)
class LabReading(Reading):
    data: Any
    entity: Entity

    @property
    def is_keyed(self) -> bool:
        return bool(self.entity.id)

    @property
    def is_dated(self) -> bool:
        return self.entity.updated_at_us is not None

    def keys(self, n_max: int) -> Sequence[tuple[str, ...]]:
        return ((self.event.owner_id, self.event.type.resource, self.entity.id),)

    def findings(self) -> Findings:
        return drift.of_lab(self.entity)


@dataclass(slots=True)
class QueryReading(Reading):
    """`rows`: None for a body that is not of the documented shape."""

    data: Any
    rows: list[Entity] | None

    @property
    def is_keyed(self) -> bool:
        return self.rows is not None

    @property
    def size(self) -> int:
        return 1 if self.rows is None else len(self.rows)

    def keys(self, n_max: int) -> Sequence[tuple[str, ...]]:
        return [(self.event.user_id, row.id) for row in (self.rows or [])[:n_max]]

    def findings(self) -> Findings:
        return drift.of_rows(self.event, self.rows)
