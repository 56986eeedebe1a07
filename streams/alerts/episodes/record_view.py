"""A clean record as rules look at it: taken before encoding, with times as numbers.

Only records that are NEW, CHANGED or CONFLICT are emitted, so redeliveries and outdated versions are never seen here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from streams.alerts.episodes.provenance import Provenance
from streams.alerts.rules import fields
from streams.events import Origin, key_parts, topics
from streams.tables import coverage

Json = Mapping[str, Any]


class RecordView(NamedTuple):
    """`time_us`: the time of the data, of samples the newest. `delivered_ms`: when Junction made the message, by which
    deliveries are ordered. `received_ms`: when it arrived here. `is_live`: neither fetched, nor from before the user
    first connected.
    """

    topic: str
    user_id: str
    time_us: int
    delivered_ms: int
    received_ms: int
    is_live: bool
    is_floating: bool
    provenance: Provenance
    record: Json

    def is_past(self, clock_us: int, max_age_us: int) -> bool:
        """Whether it is history, all of it older than a rule looks back from a time.

        Fresh history is judged as what was delivered: of a sample that comes both ways the second is no news.
        """
        return not self.is_live and self.time_us < clock_us - max_age_us

    @property
    def subject(self) -> str:
        """What an alert about an event of it is about."""
        entity = self.provenance.entity
        return key_parts.join("/", (self.provenance.provider, entity)) if self.topic in fields.STATES else entity


def view_of(topic: str, record: Json) -> RecordView | None:
    """`topic`: short name. None for what no rule can judge: a record without a user, or without a time."""
    user_id = record.get("user_id")
    if not user_id:
        return None
    if topic == topics.CONNECTIONS:
        return _state(topic, record, record["since"], record["last_event_at"])
    if topic == topics.BACKFILLS:
        at_ms = record.get("progress_at") or record.get("notified_at") or record["processed_at"]
        return _state(topic, record, at_ms, at_ms, record["resource"])
    delivery, delivered_ms = record["delivery"], record["version"]["delivered_at"]
    time_us = _time_us(topic, record, delivered_ms)
    if time_us is None:
        return None
    source, entity = record.get("source") or {}, "" if fields.is_series(topic) else record.get("id") or ""
    provenance = Provenance(
        source.get("provider", ""), source.get("type", ""), entity,
        delivery["raw_topic"], delivery["raw_partition"], delivery["raw_offset"],
    )  # fmt: skip
    # A page is as old as its question, by Junction's clock: that of a fetcher may be wrong.
    received_ms = None if delivery["backfill_id"] else delivery["received_at"]
    return RecordView(
        topic, user_id, time_us, delivered_ms, received_ms or delivered_ms,
        delivery["origin"] != Origin.HISTORICAL, record["is_floating_time"], provenance, record,
    )  # fmt: skip


def _state(topic: str, record: Json, since_ms: int, delivered_ms: int, entity: str = "") -> RecordView:
    provenance = Provenance(record["provider"], "", entity)
    return RecordView(
        topic, record["user_id"], since_ms * 1000, delivered_ms, delivered_ms, True, False, provenance, record
    )


def _time_us(topic: str, record: Json, delivered_ms: int) -> int | None:
    if fields.is_series(topic):
        return int(record["times"][-1]) if record["times"] else None
    if topic == topics.LABS:
        return int(record.get("status_at") or record.get("updated_at") or delivered_ms * 1000)
    extent = coverage.of_summary(record, delivered_ms)
    return delivered_ms * 1000 if extent is None else min(extent.last_us, max(extent.first_us, delivered_ms * 1000))


def points(view: RecordView, field: str) -> Iterator[tuple[int, float]]:
    """(time in µs, value) of one field, sorted by time."""
    if not fields.is_series(view.topic):
        value = view.record.get(field)
        return iter(()) if value is None else iter(((view.time_us, float(value)),))
    return zip(view.record["times"], view.record["values" if field == fields.VALUE else field], strict=True)


def n_values(view: RecordView) -> int:
    """Number of samples; 1 for anything else."""
    return len(view.record["times"]) if fields.is_series(view.topic) else 1


def unit_fits(view: RecordView, unit: str) -> bool:
    """Whether the samples have this unit; summaries have theirs in the name of the field."""
    return not fields.is_series(view.topic) or view.record["unit"] == unit


def matches(view: RecordView, where: tuple[tuple[str, frozenset[Any]], ...]) -> bool:
    """Whether the record matches an event rule."""
    return all(view.record.get(name) in values for name, values in where)
