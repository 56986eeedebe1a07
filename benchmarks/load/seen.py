"""What the reader saw, and when: `client read` writes it."""

import base64
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.load.receipts import Place
from streams.events import topics
from streams.kafka import codec

_LAST = "changed_fields"  # stands behind the provenance


class Committed(NamedTuple):
    """The group has processed what is before `offset`."""

    place: Place
    offset: int
    seen_us: int


class Record(NamedTuple):
    """A clean record, or the beginning of one. `topic`: short name. `trace`: of an alert, the event's."""

    topic: str
    seen_us: int
    value: bytes
    trace: str = ""

    def received_ms(self) -> int | None:
        """When the event that it is made of was received; None where the topic's records do not say, and for a record
        that is only repeated because another source is preferred now.
        """
        name = topics.clean_topics().get(self.topic)
        schema = name and _beginning(name)
        if not schema:
            return None
        begin = codec.decode(self.value, schema)
        said: int | None = begin["delivery"]["received_at"]
        return None if begin[_LAST] == ["preferred"] else said


class Seen:
    """Reads the file on from where it ended the last time."""

    def __init__(self, file: Path, prefix: str) -> None:
        self._file, self._prefix, self._at = file, prefix, 0

    def news(self) -> tuple[list[Committed], list[Record]]:
        """What has come since the last call."""
        commits: list[Committed] = []
        records: list[Record] = []
        for kind, topic, partition, offset, *rest in self._lines():
            if kind == "offset":
                commits.append(Committed((topic, int(partition)), int(offset), int(rest[0])))
            elif kind in ("record", "traced"):
                value, trace = base64.b64decode(rest[1]), "".join(rest[2:])
                records.append(Record(topic.removeprefix(f"{self._prefix}."), int(rest[0]), value, trace))
        return commits, records

    def _lines(self) -> Iterator[list[str]]:
        with self._file.open("rb") as file:
            file.seek(self._at)
            whole, _, _ = file.read().rpartition(b"\n")
        if whole:
            self._at += len(whole) + 1
            for line in whole.split(b"\n"):
                yield line.decode().split("\t")


@cache
def _beginning(schema_name: str) -> Any:
    """The fields up to `_LAST`: what is behind them need not be there. None for a schema without provenance."""
    schema = codec.bare(json.loads(codec.schema_text(schema_name)))
    names = [field["name"] for field in schema["fields"]]
    if _LAST not in names:
        return None
    return {**schema, "fields": schema["fields"][: names.index(_LAST) + 1]}
