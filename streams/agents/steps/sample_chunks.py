"""Cuts the samples of one event into records: alike in what a record has once, and neither many nor large."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from streams.events import HOUR_US
from streams.payloads import SAMPLES_MAX, TEXT_BYTES_MAX, Columns


class HourFlags(NamedTuple):
    """What a record says of all hours of its samples."""

    preferred: bool | None
    beyond_window: bool


Flags = HourFlags | dict[int, HourFlags]  # of all hours alike, or by the hour


def flags_of(hours: Iterable[int], preferred: Mapping[int, bool] | bool | None, beyond: set[int]) -> Flags:
    """`preferred`: whether the source is the one to take; `beyond`: hours of which rows may have been forgotten."""
    if not isinstance(preferred, Mapping) and not beyond:
        return HourFlags(preferred, False)
    by_hour = {
        hour: HourFlags(preferred[hour] if isinstance(preferred, Mapping) else preferred, hour in beyond)
        for hour in hours
    }
    different = set(by_hour.values())
    return different.pop() if len(different) == 1 else by_hour


def parts(columns: Columns, places: Sequence[int], flags: Flags) -> Iterator[tuple[HourFlags, Sequence[int]]]:
    """(flags, places of the samples) of each record; the samples of each are in the order of their times."""
    for of_hour, group in _groups(columns, places, flags):
        cut = _by_number(group) if columns.are_numbers else _by_weight(columns, group)
        yield from ((of_hour, part) for part in cut)


def _groups(columns: Columns, places: Sequence[int], flags: Flags) -> Iterator[tuple[HourFlags, Sequence[int]]]:
    if isinstance(flags, HourFlags) and columns.are_alike:
        yield flags, places
        return
    groups: dict[tuple[HourFlags, Any], list[int]] = {}
    for place in places:
        of_hour = flags if isinstance(flags, HourFlags) else flags[columns.times_us[place] // HOUR_US]
        groups.setdefault((of_hour, columns.attributes[place]), []).append(place)
    yield from ((of_hour, group) for (of_hour, _), group in groups.items())


def _by_number(group: Sequence[int]) -> Iterator[Sequence[int]]:
    return (group[first : first + SAMPLES_MAX] for first in range(0, len(group), SAMPLES_MAX))


def _by_weight(columns: Columns, group: Sequence[int]) -> Iterator[Sequence[int]]:
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
