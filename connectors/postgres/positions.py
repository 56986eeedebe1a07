"""Where the sink stands: read at an assignment, moved first in each transaction. The row lock is the fence."""

from collections.abc import Sequence
from typing import Any

import psycopg

from connectors.contract.sink import Fenced, Place, SinkBatch
from connectors.postgres.tables import sql

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Positions:
    """Of one sink. Remembers the generation of each place as it was read."""

    def __init__(self, schema: str, sink: str) -> None:
        self._table, self._sink = sql.name(schema, "sink_positions"), sink
        self._generations: dict[Place, int] = {}

    def read(self, cursor: Cursor, places: Sequence[Place]) -> dict[Place, int]:
        """The next offset of each; rows that are not there are made, at 0."""
        topics, partitions = [topic for topic, _ in places], [partition for _, partition in places]
        of_all = (topics, partitions, self._sink)
        cursor.execute(
            f"INSERT INTO {self._table} (sink, topic, partition, next_offset, generation, rows) "
            "SELECT %(sink)s, u.topic, u.partition, 0, 0, 0 FROM unnest(%(topics)s::text[], %(partitions)s::integer[]) "
            "AS u(topic, partition) ON CONFLICT DO NOTHING",
            {"sink": of_all[2], "topics": topics, "partitions": partitions},
        )
        cursor.execute(
            f"SELECT topic, partition, next_offset, generation FROM {self._table} "
            "WHERE sink = %s AND (topic, partition) IN (SELECT * FROM unnest(%s::text[], %s::integer[]))",
            (self._sink, topics, partitions),
        )
        found = cursor.fetchall()
        self._generations |= {(topic, partition): generation for topic, partition, _, generation in found}
        return {(topic, partition): next_offset for topic, partition, next_offset, _ in found}

    def moved(self, cursor: Cursor) -> list[Place]:
        """Places whose generation is another one than was read."""
        cursor.execute(f"SELECT topic, partition, generation FROM {self._table} WHERE sink = %s", (self._sink,))
        known = self._generations
        return [(topic, at) for topic, at, now in cursor.fetchall() if known.get((topic, at), now) != now]

    def move(self, cursor: Cursor, batches: Sequence[SinkBatch], rows: Sequence[int]) -> None:
        """Move each from its start to its end. Raises Fenced unless all stand where their batches begin."""
        columns = (
            [one.place[0] for one in batches],
            [one.place[1] for one in batches],
            [one.start for one in batches],
            [one.end for one in batches],
            [self._generations[one.place] for one in batches],
            list(rows),
        )
        cursor.execute(
            f"UPDATE {self._table} t SET next_offset = u.behind, rows = t.rows + u.rows, committed_at = now() "
            "FROM unnest(%s::text[], %s::integer[], %s::bigint[], %s::bigint[], %s::integer[], %s::bigint[]) "
            "AS u(topic, partition, start, behind, generation, rows) "
            "WHERE t.sink = %s AND t.topic = u.topic AND t.partition = u.partition "
            "AND t.next_offset = u.start AND t.generation = u.generation",
            (*columns, self._sink),
        )
        if cursor.rowcount != len(batches):
            raise Fenced
