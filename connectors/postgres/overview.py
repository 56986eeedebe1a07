"""What `sink status` and `sink rejects` say: where the sinks stand, and what could not be written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from connectors.postgres import by_hand
from connectors.postgres.connection import Connection
from connectors.postgres.tables import own, sql
from streams.kafka.lag import Lag
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

Place = tuple[str, int]


class TopicStatus(NamedTuple):
    """A topic (full name) of a sink, all partitions together.

    `lag`: offsets that are not written yet, None while Kafka does not say. `committed_at`: None before the first batch.
    """

    sink: str
    topic: str
    position: int
    lag: int | None
    rows: int
    committed_at: datetime | None
    rejects: int


class StoredReject(NamedTuple):
    """A record that was not written, and why."""

    topic: str
    partition: int
    offset: int
    reason: str
    at: datetime


def status(connection: Connection, settings: Settings) -> list[TopicStatus]:
    """Topics of each sink. Raises Unavailable, Misconfigured."""
    schema = settings.postgres_schema
    with connection.transaction("read positions") as cursor:
        cursor.execute(
            f"SELECT sink, topic, partition, next_offset, rows, committed_at FROM {by_hand.positions(schema)} "
            "ORDER BY sink, topic, partition".encode()
        )
        found = cursor.fetchall()
        cursor.execute(f"SELECT topic, count(*) FROM {sql.name(schema, own.REJECTS.name)} GROUP BY topic".encode())
        rejects = dict(cursor.fetchall())
    grouped: dict[tuple[str, str], list[tuple[int, int, int, datetime | None]]] = defaultdict(list)
    for sink, topic, *rest in found:
        grouped[sink, topic].append((rest[0], rest[1], rest[2], rest[3]))
    ends = _ends(settings, sorted({topic for _, topic in grouped}))
    return [_of_topic(*key, rows, ends, rejects.get(key[1], 0)) for key, rows in grouped.items()]


def _of_topic(
    sink: str,
    topic: str,
    rows: Sequence[tuple[int, int, int, datetime | None]],
    ends: Mapping[Place, int] | None,
    rejects: int,
) -> TopicStatus:
    lag = None if ends is None else sum(_behind(ends.get((topic, one[0]), 0) - one[1]) for one in rows)
    newest = max((one[3] for one in rows if one[3]), default=None)
    return TopicStatus(sink, topic, sum(one[1] for one in rows), lag, sum(one[2] for one in rows), newest, rejects)


def _behind(offsets: int) -> int:
    """The marker behind the last transaction is an offset, and no record."""
    return offsets if offsets > 1 else 0


def _ends(settings: Settings, topics: Sequence[str]) -> Mapping[Place, int] | None:
    if not settings.bootstrap_servers:
        return None
    lag = Lag(settings, topics)
    try:
        return lag.ends()
    except Unavailable:
        return None
    finally:
        lag.close()


def rejects(connection: Connection, schema: str, topic: str, limit: int) -> list[StoredReject]:
    """The newest first. `topic`: full name, "" for all. Raises Unavailable, Misconfigured."""
    with connection.transaction("read what could not be written") as cursor:
        cursor.execute(
            f"SELECT topic, partition, record_offset, reason, rejected_at FROM {sql.name(schema, own.REJECTS.name)} "
            "WHERE topic = %s OR %s = '' ORDER BY rejected_at DESC, topic, partition, record_offset LIMIT %s".encode(),
            (topic, topic, limit),
        )
        return [StoredReject(*row) for row in cursor.fetchall()]
