"""Texts of a rules file as values: durations, quantities with units, hours of a day. All raise ValueError."""

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator

from streams.alerts.rules.rule import QuietHours
from streams.events import DAY_US, HOUR_US, MINUTE_US, SECOND_US

_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) ?(s|m|h|d)", re.ASCII)
_DURATIONS = {"s": SECOND_US, "m": MINUTE_US, "h": HOUR_US, "d": DAY_US}
_QUANTITY = re.compile(r"([-+]?\d{1,9}(?:\.\d{1,9})?)\s*(\S.*)?", re.ASCII)
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Quantity(NamedTuple):
    """A number with the unit as written, "" for none."""

    number: float
    unit: str


def duration_us(value: Any) -> int:
    """µs of `90s`, `15m`, `1.5h` or `28d`."""
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError('not a duration; write it like "90s", "15m", "6h" or "28d"')
    return round(float(found[1]) * _DURATIONS[found[2]])


def quantity(value: Any) -> Quantity:
    """Of `3.9 mmol/L`, or of a number without a unit."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError('not a quantity; write number and unit, like "3.9 mmol/L"')
    if not isinstance(value, str):
        return Quantity(float(value), "")
    found = _QUANTITY.fullmatch(value.strip())
    if not found:
        raise ValueError('not a quantity; write number and unit, like "3.9 mmol/L"')
    return Quantity(float(found[1]), (found[2] or "").strip())


def quiet_hours(value: Any) -> QuietHours:
    """Of `22:00-07:00`, in the user's time zone."""
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError('not hours of a day; write them like "22:00-07:00"')
    from_h, from_m, to_h, to_m = map(int, found.groups())
    if (from_h, from_m) == (to_h, to_m):
        raise ValueError("begins and ends at the same time")
    return QuietHours(from_h * 60 + from_m, to_h * 60 + to_m)


Duration = Annotated[int, BeforeValidator(duration_us)]
Amount = Annotated[Quantity, BeforeValidator(quantity)]
Hours = Annotated[QuietHours, BeforeValidator(quiet_hours)]

# (resource, unit as people write it) → (how many of it make one of ours, offset). For a hint: no unit is converted.
_FOREIGN = {
    ("glucose", "mg/dl"): (18.016, 0.0),
    ("cholesterol", "mg/dl"): (38.67, 0.0),
    ("weight", "lb"): (2.2046, 0.0),
    ("body", "lb"): (2.2046, 0.0),
    ("body_temperature", "°f"): (1.8, 32.0),
    ("basal_body_temperature", "°f"): (1.8, 32.0),
}


def in_our_unit(resource: str, given: Quantity) -> float | None:
    """A foreign quantity in the unit of the resource, rounded for a hint; None for an unknown unit."""
    known = _FOREIGN.get((resource, given.unit.lower()))
    return round((given.number - known[1]) / known[0], 2) if known else None
