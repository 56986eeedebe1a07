"""Records of samples that are numbers as rows: the series and attributes of each record, and columns of its samples."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from connectors.postgres.tables.avro_columns import MILLIS_US
from connectors.postgres.tables.samples import ATTRIBUTES
from streams.events import resources

Row = tuple[Any, ...]
_OF_SOURCE = ("app_id", "device_id", "workout_id", "sport")
_DIRECT = (
    *("unit", "type", "timezone_offset_s", "local_offset_s", "time_zone", "is_floating_time"),
    *("sensor_location", "intensity"),
)
_HASH_BYTES = 16


class SampleRows(NamedTuple):
    """Columns of one length, a value a sample; `series` and `attributes` as numbers of their tables."""

    series: list[int]
    times_us: list[int]
    ends_us: list[int | None]
    values: list[float]
    delivered_us: list[int]
    attributes: list[int]


def series_of(topic: str, record: dict[str, Any]) -> Row:
    """The key of a record's series, in the order of the table. `topic`: short name."""
    source = record["source"]
    extra = resources.RESOURCES[topic].key_extra
    kind = record.get("type") or None if "type" in extra else None
    workout = source.get("workout_id") or None if "workout_id" in extra else None
    return (record["user_id"], topic, source["provider"], source["type"], kind, workout)


def attributes_of(record: dict[str, Any]) -> Row:
    """What the samples of a record share, in the order of the table; a field that the writer did not know is null."""
    source = record["source"]
    shared = (*(record.get(name) for name in _DIRECT), *(source.get(name) for name in _OF_SOURCE))
    return (*shared, blake2b(repr(shared).encode(), digest_size=_HASH_BYTES).hexdigest())


assert len(ATTRIBUTES.columns) == 1 + len(_DIRECT) + len(_OF_SOURCE) + 1  # noqa: S101  # because both are one list


def sample_rows(records: Sequence[dict[str, Any]], series: Sequence[int], attributes: Sequence[int]) -> SampleRows:
    """A row for each sample of the records, of each time of a series one: the newest, of equal ones the last."""
    rows = SampleRows([], [], [], [], [], [])
    for record, one, shared in zip(records, series, attributes, strict=True):
        times = record["times"]
        n = len(times)
        rows.series.extend([one] * n)
        rows.times_us.extend(times)
        rows.ends_us.extend(record.get("ends") or [None] * n)
        rows.values.extend(record["values"])
        rows.delivered_us.extend([record["version"]["delivered_at"] * MILLIS_US] * n)
        rows.attributes.extend([shared] * n)
    return _newest(rows)


def _newest(rows: SampleRows) -> SampleRows:
    places = dict(zip(zip(rows.series, rows.times_us, strict=True), range(len(rows.series)), strict=True))
    if len(places) == len(rows.series):
        return rows
    delivered, newest = rows.delivered_us, dict[tuple[int, int], int]()
    for place, key in enumerate(zip(rows.series, rows.times_us, strict=True)):
        other = newest.setdefault(key, place)
        if delivered[place] >= delivered[other]:
            newest[key] = place
    return SampleRows(*([column[place] for place in newest.values()] for column in rows))  # type: ignore[arg-type]  # because mypy sees one type for all columns
