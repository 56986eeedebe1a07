"""Records as they were written: numbers stay numbers, and the schema that wrote each is told. For sinks.

`decoder` reads every record through what this version knows. A sink maps what the writer knew, so that a field of a
newer version is a column and not lost.
"""

from io import BytesIO
from typing import Any, NamedTuple

import fastavro

from streams.events import topics
from streams.events.schemas import SERIES_SCHEMAS
from streams.kafka import codec
from streams.kafka.decoder import is_even
from streams.kafka.writer_schemas import ForeignSchema, WriterSchemas
from streams.ops.errors import Unreadable
from streams.ops.settings import Settings

_HEAD_BYTES = 5


class Written(NamedTuple):
    """`writer`: the id of the schema that wrote the record."""

    writer: int
    record: dict[str, Any]


class BareDecoder:
    """Asks the registry once for each schema."""

    def __init__(self, settings: Settings) -> None:
        self._schemas = WriterSchemas(settings)
        self._names = {f"{settings.topic_prefix}.{topic}": name for topic, name in topics.avro_topics().items()}
        self._bare: dict[int, Any] = {}

    def read(self, topic: str, value: bytes) -> Written:
        """The record of a value. `topic`: full name.

        Raises Unreadable; UnknownSchema, which the registry may know soon; Unavailable, Misconfigured.
        """
        id, bare = self._writer(topic, value)
        try:
            record: Any = fastavro.schemaless_reader(BytesIO(value[_HEAD_BYTES:]), bare, None)
        except Exception as error:  # of fastavro, each byte has another: IndexError, OverflowError, MemoryError, ...
            raise Unreadable(f"not Avro ({type(error).__name__})") from None
        if self._names.get(topic) in SERIES_SCHEMAS and not is_even(record):
            raise Unreadable("columns of different length")
        return Written(id, record)

    def schema(self, id: int) -> Any:
        """The schema with its words, of an id that `read` gave."""
        return self._schemas.writer(id)

    def _writer(self, topic: str, value: bytes) -> tuple[int, Any]:
        try:
            id = codec.schema_id(value)
            schema = self._schemas.writer(id)
        except (ForeignSchema, ValueError):
            raise Unreadable("no schema of a topic of ours") from None
        if schema.get("name") != f"junction.{self._names.get(topic)}":
            raise Unreadable("the schema of another topic")
        if id not in self._bare:
            self._bare[id] = fastavro.parse_schema(codec.bare(schema))
        return id, self._bare[id]
