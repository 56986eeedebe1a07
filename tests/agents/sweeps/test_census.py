"""What stands in the tables is told as it is: after a restart, in steps, by whoever owns a partition."""

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY
from prometheus_client.exposition import generate_latest

from streams.agents.sweeps.census import REST_MS, ROWS_MAX, Census
from streams.ops import metrics
from streams.ops.gauges import Spread
from streams.tables import connections, coverage
from streams.tables.coverage import EventExtent
from streams.tables.draft import Draft
from streams.tables.history import backfills
from streams.tables.keys import state_key
from streams.tables.overlay import Rows

NOW_MS = 1_780_480_800_000
HOUR_MS = 3_600_000
Tables = dict[str, dict[bytes, bytes]]


@pytest.fixture(autouse=True)
def nothing_told() -> Iterator[None]:
    """Metrics are one for the process."""
    metrics.assigned((), 0)
    yield
    metrics.assigned((), 0)


def draft(tables: Tables, now_ms: int = NOW_MS, partition: int = 3) -> Draft:
    def scan(table: str, start: bytes, stop: bytes) -> Rows:
        return iter(sorted((key, value) for key, value in tables.get(table, {}).items() if start <= key < stop))

    return Draft(lambda table, key: tables[table].get(key), partition, now_ms, scan)


def link(*, is_failed: bool = False) -> bytes:
    failed = connections.Failed(NOW_MS) if is_failed else None
    return connections.encode(connections.Connection(created=connections.Created(NOW_MS - HOUR_MS), failed=failed))


def data(age_h: float) -> bytes:
    last_us = int((NOW_MS - age_h * HOUR_MS) * 1000)
    return coverage.encode(coverage.merge(None, EventExtent(last_us, last_us, frozenset({20_000})), NOW_MS))


def tables() -> Tables:
    """Three users of two providers; the newest data of the third would be old, but its link is dead."""
    rows = {
        state_key("anna", "oura"): link(),
        state_key("anna", "oura", "sleep"): data(2),
        state_key("anna", "oura", "steps"): data(5),
        state_key("ben", "garmin"): link(),
        state_key("ben", "garmin", "steps"): data(30),
        state_key("ben", "oura"): link(),
        state_key("carl", "oura"): link(is_failed=True),
        state_key("carl", "oura", "sleep"): data(900),
        b"\x00outage|x": b"\x01",
    }
    fills = {state_key("anna", "oura", "sleep"): backfills.encode(backfills.Backfill(not_expected="live_history"))}
    return {"connections": rows, "backfills": fills}


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def walk(census: Census, held: Tables, now_ms: int = NOW_MS, partition: int = 3) -> int:
    """Punctuations until nothing more is looked at."""
    rounds = sum(len(rows) // ROWS_MAX + 1 for rows in held.values())
    for _ in range(rounds):
        census.punctuate(draft(held, now_ms, partition))
    return rounds


def test_a_restart_forgets_nothing() -> None:
    """A worker that has just started tells the states that stand, though it has seen no event."""
    walk(Census(), tables())
    assert value("junction_connections", provider="oura", status="connected") == 2
    assert value("junction_connections", provider="oura", status="error") == 1
    assert value("junction_connections", provider="garmin", status="error") == 0
    assert value("junction_backfills", provider="oura", status="not_expected") == 1
    assert value("junction_backfills", provider="oura", status="failed") == 0


def test_freshness_is_that_of_the_newest_data() -> None:
    """By resource the age of each; by user that of the newest; a dead link is not waited for."""
    walk(Census(), tables())
    sleep = {"provider": "oura", "resource": "sleep"}
    assert value("junction_freshness_seconds_gcount", **sleep) == 1
    assert value("junction_freshness_seconds_bucket", **sleep, le="10800.0") == 1
    assert value("junction_freshness_seconds_bucket", **sleep, le="3600.0") == 0
    assert value("junction_user_freshness_seconds_gsum", provider="oura") == 2 * 3600
    assert value("junction_user_freshness_seconds_bucket", provider="garmin", le="86400.0") == 0
    assert value("junction_user_freshness_seconds_bucket", provider="garmin", le="172800.0") == 1


def test_data_of_the_future_are_as_old_as_their_delivery() -> None:
    """A clock that runs ahead does not make a user fresh for ever."""
    held = {"connections": {state_key("a", "oura", "sleep"): data(-24 * 400)}, "backfills": {}}
    walk(Census(), held, NOW_MS + 24 * HOUR_MS)
    assert value("junction_user_freshness_seconds_gsum", provider="oura") == 24 * 3600


def test_labels_are_words_that_we_know() -> None:
    """A provider that nobody has heard of cannot make a label."""
    held = {"connections": {state_key("a", "x|y%"): link(), state_key("a", "x|y%", "nonsense"): data(1)}}
    walk(Census(), held | {"backfills": {}})
    assert value("junction_connections", provider="other", status="connected") == 1
    assert value("junction_freshness_seconds_gcount", provider="other", resource="other") == 1
    assert b"x|y" not in generate_latest()


def test_a_large_table_is_walked_in_steps() -> None:
    """Nothing is told before the end; then everything, as if it had been looked at in one go."""
    users = [f"user-{n:05}" for n in range(ROWS_MAX)]  # with two rows each the steps end within a user
    rows = {state_key(user, "oura"): link(is_failed=n % 3 == 0) for n, user in enumerate(users)}
    rows |= {state_key(user, "oura", "steps"): data(n % 50) for n, user in enumerate(users)}
    held: Tables = {"connections": rows, "backfills": {}}
    census = Census()
    census.punctuate(draft(held))
    assert value("junction_connections", provider="oura", status="error") is None
    walk(census, held)
    expected = [n for n in range(ROWS_MAX) if n % 3]
    assert value("junction_connections", provider="oura", status="connected") == len(expected)
    fresh = sum(n % 50 <= 6 for n in expected)
    assert value("junction_user_freshness_seconds_bucket", provider="oura", le="21600.0") == fresh


def test_a_walk_rests_and_begins_again() -> None:
    """What has changed is told after the rest, not before."""
    held, census = tables(), Census()
    walk(census, held)
    held["connections"][state_key("dora", "garmin")] = link()
    walk(census, held, NOW_MS + 1000)
    assert value("junction_connections", provider="garmin", status="connected") == 1
    walk(census, held, NOW_MS + REST_MS)
    assert value("junction_connections", provider="garmin", status="connected") == 2


def test_a_partition_is_told_by_its_owner_alone() -> None:
    """Partitions add up; one that went to another worker is dropped."""
    census = Census()
    walk(census, tables(), partition=1)
    walk(census, tables(), partition=2)
    assert value("junction_connections", provider="oura", status="connected") == 4
    metrics.assigned([2], 7)
    assert value("junction_connections", provider="oura", status="connected") == 2
    assert value("junction_engine_assigned_partitions") == 7


def test_spreads_merge_like_their_values() -> None:
    """Buckets are cumulative, and the last one holds all."""
    one, other = Spread((1, 10)), Spread((1, 10))
    for number in (0.5, 1, 11):
        one.add(number)
    other.add(5)
    one.merge(other)
    assert one.cumulative() == [("1.0", 2), ("10.0", 3), ("+Inf", 4)]
    assert one.total == 17.5
