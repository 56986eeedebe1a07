"""How far a sink is, by its own positions in the database."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

LOOK_EVERY_S = 0.2
Connection = psycopg.Connection[tuple[Any, ...]]
Ends = Mapping[tuple[str, int], int]  # of each partition of a topic (full name): behind its last record


def wait_for(connection: Connection, settings: Settings, ends: Ends, wait_s: float, check: Callable[[], None]) -> int:
    """Wait until the sink has written what is before `ends`; how many partitions are behind, after `wait_s` at most.

    `check`: called at each look; what it raises is raised. Raises Unavailable when the sink has made no tables by then.
    """
    until_s = time.monotonic() + wait_s
    while True:
        check()
        left = behind(connection, settings, ends)
        if left == 0:
            return 0
        if time.monotonic() > until_s:
            if left is None:
                raise Unavailable(f"the sink has made no tables within {wait_s:.0f} s")
            return left
        time.sleep(LOOK_EVERY_S)


def behind(connection: Connection, settings: Settings, ends: Ends) -> int | None:
    """How many partitions the sink has not written to their end; None before it has made its tables."""
    where = Identifier(settings.postgres_schema, "sink_positions")
    query = SQL("SELECT topic, partition, next_offset FROM {} WHERE sink = %s").format(where)
    try:
        found = connection.execute(query, (settings.postgres_sink,)).fetchall()
    except psycopg.errors.UndefinedTable:
        return None
    at: dict[tuple[str, int], int] = {(topic, partition): next_offset for topic, partition, next_offset in found}
    return sum(at.get(place, 0) < end for place, end in ends.items())
