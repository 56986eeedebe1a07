"""The columns of samples that are no plain numbers: what each holds, by the schema of their series."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from streams.events import Value, topics
from streams.events.schemas import schema_files
from streams.payloads import values


class SampleColumn(NamedTuple):
    """A column of one value a sample. `key`: its name in a sample; `absent`: what stands for a missing value."""

    name: str
    key: str
    convert: Callable[[Any], Any]
    is_needed: bool
    absent: Any


@cache
def sample_columns(value: Value) -> tuple[SampleColumn, ...]:
    """The columns of a schema of samples beside their times, in the order of the schema."""
    rows = (row for row in schema_files.typed_fields(topics.series_schema(value)) if row.type.startswith("array:"))
    return tuple(_column(row) for row in rows if row.type != "array:timestamp-micros")


def _column(row: schema_files.Field) -> SampleColumn:
    kind = row.type.removeprefix("array:").removesuffix("?")
    is_needed = row.default is None
    return SampleColumn(row.name, row.path[-1], values.CONVERT[kind], is_needed, [] if "array" in kind else None)
