"""Users who are to be forgotten: what was delivered before stays away, also when topics are read again."""

from collections.abc import Sequence
from typing import Any

import psycopg

from connectors.postgres.intake import Stored, TopicBatch
from connectors.postgres.tables import sql
from connectors.postgres.tables.avro_columns import MILLIS_US
from connectors.postgres.tables.layout import DELIVERED, PLANS

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Forgotten:
    """Asked in each transaction, behind the move of the positions: whoever erases has committed, or waits for us."""

    def __init__(self, schema: str) -> None:
        self._query = (
            "SELECT user_id, (extract(epoch FROM at) * 1000000)::bigint "
            f"FROM {sql.name(schema, 'erased')} WHERE user_id = ANY(%s)"
        ).encode()

    def without(self, cursor: Cursor, topics: Sequence[TopicBatch]) -> list[TopicBatch]:
        """The batch without what was delivered before its user was erased."""
        users = {one.read.record.get("user_id") for batch in topics for one in batch.stored} - {None}
        cursor.execute(self._query, (sorted(map(str, users)),))
        erased: dict[str, int] = dict(cursor.fetchall())
        if not erased:
            return list(topics)
        return [one._replace(stored=[row for row in one.stored if _stays(one.topic, row, erased)]) for one in topics]


def _stays(topic: str, row: Stored, erased: dict[str, int]) -> bool:
    record = row.read.record
    erased_us = erased.get(record.get("user_id") or "")
    return erased_us is None or _delivered_us(topic, record) > erased_us


def _delivered_us(topic: str, record: dict[str, Any]) -> int:
    name = PLANS[topic].delivered
    at_ms: int = record["version"]["delivered_at"] if name == DELIVERED else record[name]
    return at_ms * MILLIS_US
