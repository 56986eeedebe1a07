"""The stream of a workout: parallel arrays over Unix seconds (domain file, 6.4). Pure."""

from dataclasses import dataclass, field
from typing import Any

from connectors.junction.answer_json import Json, read_json

# Units: rpm or steps a minute, m, m/s, bpm, degrees, degrees, m from the start, W, the machine's own, °C.
COLUMNS = (
    "cadence",
    "altitude",
    "velocity_smooth",
    "heartrate",
    "lat",
    "lng",
    "distance",
    "power",
    "resistance",
    "temperature",
)


@dataclass(frozen=True, slots=True)
class WorkoutStream:
    """`times_s`: Unix seconds, in the order given, which need not rise. `columns`: those of COLUMNS that have values,
    each as long as `times_s`; None where there is no value. `json`: the answer as it came. `answered_ms`: when Junction
    answered, by its clock, if it says so."""

    times_s: list[int | None]
    columns: dict[str, list[float | None]]
    json: bytes
    unknown: Json = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    answered_ms: int | None = None

    @property
    def body_bytes(self) -> int:
        return len(self.json)


def read(body: bytes) -> WorkoutStream:
    """Arrays of another length than `time` are left out and named in `problems`. Raises TryLater, Refused."""
    whole = read_json(body, dict[str, Any])
    problems: list[str] = []
    times = [None if value is None else int(value) for value in _numbers("time", whole.get("time"), problems)]
    columns = {
        name: [None if value is None else float(value) for value in found]
        for name in COLUMNS
        if (found := _numbers(name, whole.get(name), problems))
    }
    for name in [name for name, column in columns.items() if len(column) != len(times)]:
        problems.append(f"$.{name}: not as long as $.time")
        del columns[name]
    unknown = {name: value for name, value in whole.items() if name not in (*COLUMNS, "time")}
    return WorkoutStream(times, columns, body, unknown, problems)


def _numbers(name: str, value: Any, problems: list[str]) -> list[int | float | None]:
    """A list of numbers and nulls; an empty one for anything else, which is a problem unless it is absent."""
    if value is None:
        return []
    if type(value) is not list or not all(map(_is_number, value)):
        problems.append(f"$.{name}: not a list of numbers")
        return []
    return value


def _is_number(item: Any) -> bool:
    """A number that fits 64 bits, or null. JSON has integers of any length."""
    return item is None or type(item) is float or (type(item) is int and -(2**63) <= item < 2**63)
