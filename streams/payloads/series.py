"""A timeseries event: a batch of samples of one source, as columns sorted by time.

Two readers with one meaning. `series_quick` is a strict shape that msgspec fills without a Python step per field. It
refuses anything unusual, and then `series_tolerant` reads the body again, sample by sample.
"""

from dataclasses import dataclass, field
from typing import Any

from streams.events import Resource, Value
from streams.ops.errors import Reason, Rejected
from streams.payloads import columns
from streams.payloads.columns import Columns
from streams.payloads.envelope import Event
from streams.payloads.source import Source
from streams.payloads.values import to_json


@dataclass(slots=True)
class Series:
    """One event's samples, or none at all. `dropped`: how many had no usable time or value.

    `unknown`: the rest of `$.data`.
    """

    event: Event
    source: Source
    row: Resource
    columns: Columns
    dropped: int = 0
    unknown: dict[str, Any] = field(default_factory=dict)

    @property
    def is_numeric(self) -> bool:
        return self.row.value is Value.NUMBER

    def key_extra(self, index: int) -> tuple[str, ...]:
        """What joins the documented key of this sample (3.3)."""
        return tuple(self._extra_part(name, index) for name in self.row.key_extra)

    def _extra_part(self, name: str, index: int) -> str:
        if name == "workout_id":
            return self.source.workout_id or ""
        if name == "type":
            return self.columns.attributes[index].type or ""
        return self.columns.samples[index].get(name) or ""


PARTS_MAX = 1_000  # records of one event, but for what its hours say differently
REPEATED_BYTES_MAX = 32 * 1024 * 1024  # of what each of them says again


def bounded(series: Series) -> Series:
    """The same series. Raises Rejected(TOO_LARGE) where it would become too many records, or repeat too much."""
    # By all samples, also those that are no news: so a fetcher and a worker, now and in a replay, decide the same.
    found, unknown = series.columns, series.unknown or series.event.unknown
    if found.are_alike and not unknown:
        return series
    parts = len(set(found.attributes)) + len(found) // columns.SAMPLES_MAX
    if unknown and not found.are_numbers:
        parts += sum(map(found.text_bytes, range(len(found)))) // columns.TEXT_BYTES_MAX
    repeated = len(to_json([series.unknown, series.event.unknown])) if unknown and parts > 1 else 0
    if parts > PARTS_MAX or parts * repeated > REPEATED_BYTES_MAX:
        raise Rejected(Reason.TOO_LARGE, f"$.data.data: {parts} records")
    return series
