"""How the samples of one event are cut into records: alike in what a record says once, and neither many nor large."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from streams.events.times import HOUR_US
from streams.payloads.columns import SAMPLES_MAX, TEXT_BYTES_MAX, Columns


class Mark(NamedTuple):
    """What a record says of all the hours that its samples are from."""

    preferred: bool | None
    beyond_window: bool


Marks = Mark | dict[int, Mark]  # of all hours alike, or by the hour


def marks(hours: Iterable[int], flags: Mapping[int, bool] | bool | None, beyond: set[int]) -> Marks:
    """`flags`: whether the source is preferred; `beyond`: hours of which something may have been forgotten."""
    if not isinstance(flags, Mapping) and not beyond:
        return Mark(flags, False)
    by_hour = {hour: Mark(flags[hour] if isinstance(flags, Mapping) else flags, hour in beyond) for hour in hours}
    different = set(by_hour.values())
    return different.pop() if len(different) == 1 else by_hour


def parts(columns: Columns, places: list[int], marks: Marks) -> Iterator[tuple[Mark, list[int]]]:
    """(mark, places of the samples) of each record; the samples of each are in the order of their times."""
    groups: dict[tuple[Mark, Any], list[int]] = {}
    if isinstance(marks, Mark) and columns.are_alike:
        groups = {(marks, None): places}
    else:
        for place in places:
            mark = marks if isinstance(marks, Mark) else marks[columns.times_us[place] // HOUR_US]
            groups.setdefault((mark, columns.attributes[place]), []).append(place)
    for (mark, _), group in groups.items():
        cut = _by_number(group) if columns.are_numbers else _by_weight(columns, group)
        yield from ((mark, part) for part in cut)


def _by_number(group: list[int]) -> Iterator[list[int]]:
    return (group[first : first + SAMPLES_MAX] for first in range(0, len(group), SAMPLES_MAX))


def _by_weight(columns: Columns, group: list[int]) -> Iterator[list[int]]:
    """Samples with texts: as many as stay below TEXT_BYTES_MAX, one at least."""
    part, weight = list[int](), 0
    for place in group:
        added = columns.text_bytes(place)
        if part and (len(part) == SAMPLES_MAX or weight + added > TEXT_BYTES_MAX):
            yield part
            part, weight = [], 0
        part.append(place)
        weight += added
    yield part
