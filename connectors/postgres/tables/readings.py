"""Samples that hold more, or other, than a number: a row each, in a table of their resource."""

from typing import Any

from connectors.postgres.tables import json_text
from connectors.postgres.tables.avro_columns import Field, column_type, fields_of, without_null
from connectors.postgres.tables.table import Column

OF_ALL = ("changed_fields", "problems")  # lists that belong to the record; all others hold a value for each sample
_ONE = {
    "times": "time",
    "ends": "end_time",
    "values": "value",
    "delivery_modes": "delivery_mode",
    "delivery_forms": "delivery_form",
    "bolus_purposes": "bolus_purpose",
}
_OF_THE_EVENT = ("counts", "part", "parts", "first_local_date", "last_local_date")  # of no sample


def is_of_sample(row: Any) -> bool:
    """Whether a field of a series' schema holds a value for each sample."""
    return json_text.kind(row["type"]) == "array" and row["name"] not in OF_ALL


def reading_fields(schema: Any) -> list[Field]:
    """The columns of a reading. Those of samples have a path of one name, that of their list."""
    rows = [row for row in schema["fields"] if row["name"] not in _OF_THE_EVENT]
    head = schema | {"fields": [row for row in rows if not is_of_sample(row)]}
    return fields_of(head) + [_of_sample(row) for row in rows if is_of_sample(row)]


def _of_sample(row: Any) -> Field:
    item, is_nullable = without_null(row["type"]["items"])
    type = column_type(item, {})
    is_required = not is_nullable and row["name"] != "ends"
    column = Column(_ONE.get(row["name"], row["name"]), type, row.get("doc", ""), is_required)
    convert = json_text.array_writer(item["items"]) if type.endswith("[]") else None
    return Field(column, (row["name"],), convert)
