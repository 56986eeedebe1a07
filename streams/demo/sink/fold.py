"""What has to be in the tables, made of the clean records by one process."""

from collections import defaultdict
from typing import Any, NamedTuple

from connectors.postgres.tables.layout import PLANS
from streams.demo.sink import shapes
from streams.demo.sink.shapes import Cells, Key, Record


class Row(NamedTuple):
    """`version`: what orders the rows of a key."""

    version: tuple[Any, ...]
    cells: Cells


class Fold:
    """Give it every committed record, those of a partition in their order. `rows`: by topic (short name) and key."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Key, Row]] = defaultdict(dict)
        self._of_record: dict[tuple[str, bytes], set[Key]] = defaultdict(set)

    def add(self, topic: str, key: bytes, record: Record | None, offset: int) -> None:
        """`key`: as on Kafka; `record`: None for a tombstone."""
        if topic not in PLANS:
            return
        rows, known = self.rows[topic], self._of_record[topic, key]
        if record is None:
            for one in known:
                rows.pop(one, None)
            known.clear()
            return
        version = shapes.version(topic)(offset, record)
        for name, cells in shapes.rows(topic, key, record):
            known.add(name)
            before = rows.get(name)
            if before is None or version >= before.version:
                rows[name] = Row(version, cells)
