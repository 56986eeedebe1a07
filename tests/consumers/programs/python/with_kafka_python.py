"""kafka-python and fastavro: BOOTSTRAP REGISTRY GROUP TOPIC..."""

import io
import json
import sys
import urllib.request
from functools import cache
from typing import Any

import fastavro
from kafka import KafkaConsumer
from lines import Lines

bootstrap, registry, group, *topics = sys.argv[1:]
lines = Lines(topics)


def decode(wire: bytes | None) -> Any:
    """Null: the row is deleted."""
    return wire and fastavro.schemaless_reader(io.BytesIO(wire[5:]), schema(int.from_bytes(wire[1:5], "big")))


@cache
def schema(id: int) -> Any:
    with urllib.request.urlopen(f"{registry}/schemas/ids/{id}") as answer:  # noqa: S310  # because it is loopback
        return fastavro.parse_schema(json.loads(json.load(answer)["schema"]))


consumer = KafkaConsumer(
    *topics,
    bootstrap_servers=bootstrap,
    group_id=group,
    auto_offset_reset="earliest",
    isolation_level="read_committed",
    enable_auto_commit=False,
)
while not lines.over:
    for batch in consumer.poll(timeout_ms=1000).values():
        for one in batch:
            lines.show(one.topic, one.partition, one.offset, one.key, decode(one.value))
consumer.close()
