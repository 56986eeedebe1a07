"""What the Avro schemas are today and were in each release: fields, and whether two can read each other.

schema_files     the text of each schema, and its fields that are decoded
released         the schemas of every release
evolution        whether two schemas can read each other's records
bounds           whether a schema is safe to decode with
"""

from streams.events.schemas.bounds import is_bounded
from streams.events.schemas.evolution import breaks
from streams.events.schemas.schema_files import SERIES_SCHEMAS, Field, schema_text

__all__ = [
    "SERIES_SCHEMAS",
    "Field",
    "breaks",
    "is_bounded",
    "schema_text",
]
