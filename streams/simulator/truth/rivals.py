"""Which of several sources ought to be preferred, written apart from the product's way of finding it.

Of the newest facts that share a span (a user's resource on one day, or in one hour), those of the best source are to be
taken: by the order of Junction Sense, then by name.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from streams.events import HOUR_US, Shape, Value, resources

Maker = tuple[str, str]  # provider, source type
# Domain file, 9.1.
_ORDER = (
    *("lab", "automatic", "watch", "ring", "chest_strap", "scale", "cuff"),
    *("fingerprick", "manual_scan", "phone", "app", "multiple_sources", "unknown"),
)
_POINTS_THAT_ADD_UP = {"water", "calories_basal", "floors_climbed"}  # 2.5: intervals by the documentation's page


class Rival(NamedTuple):
    """A fact among others. `span`: resource, user and day or hour."""

    span: tuple[Any, ...]
    maker: Maker


def best(makers: Iterable[Maker]) -> Maker:
    return min(makers, key=lambda maker: (_ORDER.index(maker[1]) if maker[1] in _ORDER else len(_ORDER), maker))


def spans(rivals: Iterable[Rival]) -> dict[tuple[Any, ...], set[Maker]]:
    """Who has something in each span."""
    found: dict[tuple[Any, ...], set[Maker]] = defaultdict(set)
    for span, maker in rivals:
        found[span].add(maker)
    return found


def is_hour(span: tuple[Any, ...]) -> bool:
    """Whether it is one of samples."""
    return isinstance(span[-1], int)


def of_summary(resource: str, user_id: str, data: Mapping[str, Any], maker: Maker) -> Rival | None:
    """None for what belongs to no day, and for notices of streams."""
    if resource == "workout_stream":
        return None
    day = "whole" if resource == "profile" else local_day(data)
    return None if day is None else Rival((resource, user_id, day), maker)


def local_day(data: Mapping[str, Any]) -> str | None:
    """The local day of a summary as a body has it."""
    if day := data.get("calendar_date") or data.get("period_start"):
        return str(day)[:10]
    if data.get("session_end") and data.get("time_zone"):
        return str(datetime.fromisoformat(data["session_end"]).astimezone(ZoneInfo(data["time_zone"])).date())
    return None


def add_up(row: resources.Resource) -> bool:
    """Whether samples of several sources add up to too much: not moments, nor what belongs to one workout or kind."""
    adds_up = row.shape is Shape.INTERVAL or row.name in _POINTS_THAT_ADD_UP
    return adds_up and row.value is Value.NUMBER and not row.key_extra


def of_sample(row: resources.Resource, user_id: str, at_us: int, maker: Maker) -> Rival:
    """Of a sample of a resource that does `add_up`."""
    return Rival((row.name, user_id, at_us // HOUR_US), maker)


def day_of_record(day: date | None) -> str | None:
    """The local day of a clean record, in the form of `local_day`."""
    return None if day is None else day.isoformat()


def hour_of_record(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """The span of a record of `preferences`."""
    hours = int((record["hour_at"] - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) // 3600
    return record["resource"], record["user_id"], hours
