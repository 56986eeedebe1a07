"""Finds the records of a batch that PostgreSQL cannot hold: by halves, each in a savepoint."""

from collections.abc import Sequence
from typing import Any

import psycopg

from connectors.postgres.intake import Reject, Stored, TopicBatch
from connectors.postgres.tables.binary import Unfit
from connectors.postgres.writer import Writer

Cursor = psycopg.Cursor[tuple[Any, ...]]


def write(cursor: Cursor, writer: Writer, batch: TopicBatch, prefix: str) -> tuple[int, list[Reject]]:
    """Write what can be written: how many rows, and the rest as rejects. `prefix`: of full names of topics."""
    rejects: list[Reject] = []
    n = _write(cursor, writer, batch.topic, batch.stored, rejects)
    return n, [one._replace(topic=prefix + one.topic) for one in rejects]


def _write(cursor: Cursor, writer: Writer, topic: str, stored: Sequence[Stored], rejects: list[Reject]) -> int:
    mark = writer.mark()
    try:
        with cursor.connection.transaction():
            return writer.write(cursor, topic, stored)
    except Unfit as error:
        writer.back_to(mark)
        if len(stored) == 1:
            one = stored[0]
            rejects.append(Reject(topic, one.partition, one.read.offset, str(error)))
            return 0
        half = len(stored) // 2
        return sum(_write(cursor, writer, topic, part, rejects) for part in (stored[:half], stored[half:]))
