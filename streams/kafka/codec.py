"""Clean records as Avro in the Confluent wire format: byte 0, schema id (4 bytes, big-endian), Avro body.

Schema ids are resolved once, before the first record; encoding is pure. Times go in as integers (µs, ms, days): the
writer's schema is ours without logical types, which decides the same bytes.
"""

import json
import struct
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

import fastavro

from streams.events import topics
from streams.events.schemas import schema_text
from streams.kafka import avro_writer
from streams.kafka.avro_writer import Write
from streams.ops.errors import Misconfigured

__all__ = ["Codec", "decode", "parsed", "schema_id", "schema_text"]

MAGIC = 0
_HEAD = struct.Struct(">BI")
_WRITER_KEYS = ("type", "name", "namespace", "fields", "items", "values")


class Codec:
    """Encodes by short topic name (`activity`, `connections`, ...), as in `topics.avro_topics()`."""

    def __init__(self, ids: Mapping[str, int]) -> None:
        schemas = topics.avro_topics()
        missing = sorted(set(schemas) - set(ids))
        if missing:
            raise Misconfigured(
                f"no schema id for {', '.join(missing[:5])}; `junction-streams schemas register` adds what is missing"
            )
        self._writers = {topic: (_HEAD.pack(MAGIC, ids[topic]), writer(name)) for topic, name in schemas.items()}

    def encode(self, topic: str, record: dict[str, Any]) -> bytes:
        """One record as wire bytes. A record that does not fit its schema is a bug of ours and raises Misfit."""
        head, write = self._writers[topic]
        return head + write(record)


def schema_id(value: bytes) -> int:
    """The id of the schema that wrote a record. Raises ValueError when it is not in the wire format."""
    if len(value) < _HEAD.size or value[0] != MAGIC:
        raise ValueError("not in the Confluent wire format")
    return int(_HEAD.unpack_from(value)[1])


def decode(value: bytes, writer: Any, reader: Any = None) -> dict[str, Any]:
    """The record, read with its writer's schema (parsed, or the dict that `json.loads` gives).

    Times come back as `datetime` in UTC. `reader`: a newer or older schema to see it through.
    """
    schema_id(value)
    record = fastavro.schemaless_reader(BytesIO(value[_HEAD.size :]), writer, reader)
    return dict(record)


@cache
def parsed(schema_name: str) -> Any:
    """One of our own schemas, parsed for `decode`."""
    return fastavro.parse_schema(json.loads(schema_text(schema_name)))


@cache
def writer(schema_name: str) -> Write:
    """Writes records of one of our schemas, without what stands before them on the wire."""
    return avro_writer.compile(bare(json.loads(schema_text(schema_name))))


def bare(node: Any) -> Any:
    """A schema without logical types, defaults and words: what decides the bytes, and no more."""
    if isinstance(node, list):
        return [bare(item) for item in node]
    if isinstance(node, dict):
        if "logicalType" in node:
            return node["type"]
        return {key: bare(node[key]) for key in _WRITER_KEYS if key in node}
    return node
