"""Clean records as Avro in the Confluent wire format: byte 0, schema id (4 bytes, big-endian), Avro body."""

from streams.schemas import schema_text

__all__ = ["schema_text"]
