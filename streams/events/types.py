"""Event types, parsed by structure (domain file, 2.2), and the shape of a stored record.

Resources are an open set, actions are not (`actions`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from streams.events import actions, resources
from streams.ops.errors import Reason, Rejected


class Family(StrEnum):
    """How an event is processed."""

    CONNECTION = "connection"
    DEVICE = "device"
    BACKFILL = "backfill"
    SUMMARY = "summary"
    TIMESERIES = "timeseries"
    LAB = "lab"
    QUERY = "query"
    CHECKOUT = "checkout"
    OPERATIONAL = "operational"
    UNKNOWN = "unknown"


class Record(Protocol):
    """One stored record, with the attributes of aiokafka's ConsumerRecord."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


def body_of(record: Record) -> bytes:
    """The stored bytes. Raises Rejected(NOT_JSON) for an empty record."""
    if not record.value:
        raise Rejected(Reason.NOT_JSON, "$: empty")
    return record.value


@dataclass(frozen=True, slots=True)
class EventType:
    """`daily.data.sleep.created`, parsed. `resource` is normalised; "other" where the type names none."""

    text: str
    family: Family
    resource: str
    action: str


# By the first word, or the first two: families of `{prefix}.{thing}.{action}`.
_BY_PREFIX: dict[str, Family] = {
    "provider.connection": Family.CONNECTION,
    "provider.device": Family.DEVICE,
    "continuous_query": Family.QUERY,
    "labtest": Family.LAB,
    "lab_report": Family.LAB,
    "testkit": Family.LAB,  # testkit.order.updated: labtest's first name (2.2)
}
_CHECKOUT = "checkout"
# Svix's operational webhooks: how its deliveries to us go. They have a `type`, and neither user nor team (1.3, 2.2).
_OPERATIONAL = frozenset({"message", "endpoint", "ingest", "background_task"})
# The deprecation page of the hypnogram spells its events with "timeseries"; the catalogue never did (2.2).
_DATA_WORDS = ("data", "timeseries")
_DEVICE = "device"  # daily.data.device.*: what is provider.device.* today (2.2)
_NONE = "other"  # the resource of what has none
_BY_KIND = {resources.Kind.SUMMARY: Family.SUMMARY, resources.Kind.TIMESERIES: Family.TIMESERIES}


@lru_cache(maxsize=4096)  # there are a few hundred types; bounded, because a stranger may send any
def parse_type(text: str) -> EventType:
    """The event type by its parts. Never raises: what does not fit is UNKNOWN, and so is an undocumented action."""
    parts = text.split(".")
    if parts[0] in _OPERATIONAL and len(parts) > 1:
        return EventType(text, Family.OPERATIONAL, _NONE, parts[-1])
    if parts[0] in ("daily", "historical"):
        if len(parts) == 4 and parts[1] in _DATA_WORDS:
            return _data_type(text, parts[0], parts[2], parts[3])
        if len(parts) == 3 and resources.get(parts[1]):  # daily.workout_stream.created: a very old spelling (2.2)
            return _data_type(text, *parts)
    if len(parts) == 3:
        return _control_type(text, *parts)
    return EventType(text, Family.CHECKOUT if parts[0] == _CHECKOUT else Family.UNKNOWN, _NONE, parts[-1])


def _data_type(text: str, prefix: str, name: str, action: str) -> EventType:
    resource = resources.normalise(name)
    row = resources.get(resource)
    if prefix == "historical":
        known, family = actions.OF_HISTORY, Family.BACKFILL
    elif resource == _DEVICE:
        known, family = actions.UPSERTS, Family.DEVICE
    else:
        known, family = actions.of_data(resource), _BY_KIND[row.kind] if row else Family.UNKNOWN
    return EventType(text, family if action in known else Family.UNKNOWN, resource or _NONE, action)


def _control_type(text: str, prefix: str, thing: str, action: str) -> EventType:
    # `checkout` has no state that an action could change, so its unknown actions are passed on like the known ones.
    family = _BY_PREFIX.get(f"{prefix}.{thing}") or _BY_PREFIX.get(prefix)
    if prefix == _CHECKOUT:
        return EventType(text, Family.CHECKOUT, thing or _NONE, action)
    if family is None:
        return EventType(text, Family.UNKNOWN, _NONE, action)
    is_known = action in actions.of_control(prefix, thing)
    return EventType(text, family if is_known else Family.UNKNOWN, thing or _NONE, action)
