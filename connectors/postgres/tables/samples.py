"""The tables of samples that are numbers: what they share stands once, in `series` and `sample_attributes`.

A sample is about 60 bytes, and its place in the index 28. Its unit is no part of its series: a provider that corrects
a unit replaces the sample.
"""

from connectors.postgres.tables.avro_columns import TIME
from connectors.postgres.tables.table import Column, SqlTable

SERIES = SqlTable(
    "series",
    "One line of samples: all that one source has measured of one resource of one user.",
    (
        Column("series_id", "integer", "Number of the series in this database.", True),
        Column("user_id", "text", "Junction user.", True),
        Column("resource", "text", "Name of the resource, as in the topic.", True),
        Column("source_provider", "text", "Provider slug; 'unknown' when the body names none.", True),
        Column("source_type", "text", "Source type (watch, phone, ring, ...); 'unknown' when absent.", True),
        Column("type", "text", "Kind of reading, for resources whose samples it names; else null."),
        Column("workout_id", "text", "Workout, for resources whose samples it names; else null."),
    ),
    key=("user_id", "resource", "source_provider", "source_type", "type", "workout_id"),
    identity="series_id",
)
ATTRIBUTES = SqlTable(
    "sample_attributes",
    "What many samples share and what names none of them: unit, place of the sensor, app, local time.",
    (
        Column("attributes_id", "integer", "Number of this row in this database.", True),
        Column("unit", "text", "Unit of the value as sent.", True),
        Column("type", "text", "Kind of reading, for example the lead."),
        Column("timezone_offset_s", "integer", "Offset of local time from UTC in seconds, east positive, as sent."),
        Column("local_offset_s", "integer", "Local time minus UTC in seconds, east positive, as far as it is known."),
        Column("time_zone", "text", "With is_floating_time: the user's IANA zone as far as it was known."),
        Column("is_floating_time", "boolean", "True: times are local time written as if it were UTC.", True),
        Column("sensor_location", "text", "Where the sensor sat."),
        Column("intensity", "text", "low, medium or high."),
        Column("source_app_id", "text", "App that wrote the data: iOS bundle id or Android package."),
        Column("source_device_id", "text", "Id of the Junction device, see devices."),
        Column("source_workout_id", "text", "Workout that the samples belong to."),
        Column("source_sport", "text", "Sport of that workout; on distance: the wheelchair marker."),
        Column("fingerprint", "text", "Hash of all columns above: by it a row is found again.", True),
    ),
    key=("fingerprint",),
    identity="attributes_id",
)
SAMPLES = SqlTable(
    "samples",
    "Every sample that is a number. A month is a partition. The views named as resources join what it shares.",
    (
        Column("time", TIME, "Time (for intervals the start, inclusive), UTC, µs.", True),
        Column("value", "double precision", "Value, in the unit of sample_attributes.", True),
        Column("delivered_at", TIME, "Delivery time: the later of two samples of one time holds, UTC, ms.", True),
        Column("series_id", "integer", "Row of series.", True),
        Column("attributes_id", "integer", "Row of sample_attributes.", True),
        Column("end_time", TIME, "End (exclusive) of an interval, UTC, µs; null for a point."),
    ),
    key=("series_id", "time"),
    newer=("delivered_at",),
    month="time",
)
TABLES = (SERIES, ATTRIBUTES, SAMPLES)

_SHOWN = ("unit", "local_offset_s", "time_zone", "is_floating_time", "sensor_location", "intensity")
_SOURCE = ("source_app_id", "source_device_id", "source_workout_id", "source_sport")


def view_columns() -> list[tuple[str, Column]]:
    """(alias of the table in the join, column) of a view of one resource: s series, a attributes, p samples."""
    of_series = [("s", SERIES.column(name)) for name in ("user_id", "source_provider", "source_type")]
    times = [("p", SAMPLES.column(name)) for name in ("time", "end_time", "value")]
    rest = [("a", ATTRIBUTES.column(name)) for name in ("unit", "type", *_SHOWN[1:], *_SOURCE)]
    ends = [("p", SAMPLES.column("delivered_at")), ("p", SAMPLES.column("series_id"))]
    return [(alias, column) for alias, column in (*of_series, *times, *rest, *ends) if column is not None]
