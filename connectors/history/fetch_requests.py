"""Requests to the fetchers, and their records on the topic of the queue. Pure."""

from collections.abc import Iterable

from streams.events import key_of, partition_for, topics
from streams.tables.history import RANGELESS, Priority, Request, Span, Why, new_id
from streams.tables.history import request as requests

Row = tuple[str, bytes, bytes, int]  # topic, key, value, partition


def build_request(
    why: Why, user_id: str, provider: str, resource: str, span: Span, asked_at: int, priority: Priority
) -> Request:
    """`asked_at`: any clock's number, which tells its backfill from the user's others for the same reason."""
    start_us, end_us = (0, 0) if resource in RANGELESS else span
    id = new_id(why, user_id, provider, resource, asked_at)
    return Request(id, user_id, provider, resource, start_us, end_us, why, priority)


def request_rows(prefix: str, partitions: int, asked: Iterable[Request]) -> list[Row]:
    """Requests as records, each in its user's partition. `partitions`: of the topic."""
    topic = f"{prefix}.{topics.FETCH_JOBS}"
    return [(topic, key_of(*one.key), requests.encode(one), partition_for(one.user_id, partitions)) for one in asked]
