"""Values of clean topics as records, for everything that reads a topic.

Whatever a topic holds, there are two outcomes: the record, or Unreadable. A registry that is away is neither.
"""

from typing import Any

import fastavro
from fastavro.read import LOGICAL_READERS
from fastavro.schema import SchemaParseException, UnknownType

from streams.events import DAY_US, in_range, topics
from streams.events.schemas import SERIES_SCHEMAS
from streams.kafka import codec
from streams.kafka.writer_schemas import WriterSchemas
from streams.ops.errors import UnknownSchema, Unreadable
from streams.ops.settings import Settings

Json = dict[str, Any]


class Decoder:
    """Asks the registry once for each schema.

    `is_plain`: times stay the numbers that they are in the worker, instead of becoming datetimes.
    """

    def __init__(self, settings: Settings, *, is_plain: bool = False) -> None:
        self._schemas = WriterSchemas(settings)
        self._names = {f"{settings.topic_prefix}.{topic}": name for topic, name in topics.avro_topics().items()}
        self._is_plain = is_plain
        self._plain: dict[int, Any] = {}

    def record(self, topic: str, value: bytes) -> Json:
        """The record of a value. `topic`: full name.

        Raises Unreadable; Unavailable or Misconfigured where it is the registry that does not say.
        """
        writer = self._writer(topic, value)
        try:
            record = codec.decode(value, writer)
        except Exception as error:  # of fastavro, each byte has another: IndexError, OverflowError, MemoryError, ...
            raise Unreadable(f"not Avro ({type(error).__name__})") from None
        if self._names.get(topic) in SERIES_SCHEMAS and not is_even(record):
            raise Unreadable("columns of different length")
        return record

    def _writer(self, topic: str, value: bytes) -> Any:
        """The schema to read with. Nothing is cached of an id that is unknown: another registry may know it soon."""
        try:
            id = codec.schema_id(value)
            writer = self._schemas.writer(id)
        except UnknownSchema:
            raise Unreadable("unknown schema id") from None
        except (ValueError, TypeError, KeyError, SchemaParseException, UnknownType):
            raise Unreadable("no Avro schema") from None
        if not self._belongs(topic, writer):
            raise Unreadable("the schema of another topic")
        return self._plainly(id, writer) if self._is_plain else writer

    def _belongs(self, topic: str, writer: Any) -> bool:
        """Whether a topic of ours holds records of this name: else fields would be missing, and no error said so."""
        name = self._names.get(topic)
        return name is None or (isinstance(writer, dict) and writer.get("name") == f"junction.{name}")

    def _plainly(self, id: int, writer: Any) -> Any:
        if id not in self._plain:
            self._plain[id] = fastavro.parse_schema(_plain(writer))
        return self._plain[id]


def is_even(record: Json) -> bool:
    """Whether the samples of a record have a value in each column: Avro cannot say that arrays are parallel."""
    count, ends, of_all = len(record["times"]), record.get("ends", ()), ("changed_fields", "problems", "ends")
    columns = (value for name, value in record.items() if isinstance(value, list) and name not in of_all)
    return all(len(column) == count for column in columns) and len(ends) in (0, count)


_KEYS = ("type", "name", "namespace", "fields", "items", "values")
_IN_MICROS = {"long-plain-timestamp-micros": 1, "long-plain-timestamp-millis": 1000, "int-plain-date": DAY_US}


def _plain(node: Any) -> Any:
    """A schema whose times are read as numbers, those that no datetime can hold refused as they are elsewhere."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "logicalType" in node:
        return {"type": node["type"], "logicalType": f"plain-{node['logicalType']}"}
    return {key: _plain(node[key]) for key in _KEYS if key in node}


def _bounded(micros: int) -> Any:
    """Reads a number of so many microseconds each, for fastavro."""

    def read(number: int, writer: Any = None, reader: Any = None) -> int:
        if not in_range(number * micros):
            raise OverflowError
        return number

    return read


LOGICAL_READERS.update({name: _bounded(micros) for name, micros in _IN_MICROS.items()})
