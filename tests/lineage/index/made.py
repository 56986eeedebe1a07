"""Lineage rows as they may come, for laws: few owners, ids and words, so that keys meet."""

import uuid
from typing import Any

from hypothesis import strategies as st

from streams.events.times import DAY_MS
from streams.lineage.known import DeadLetter
from streams.lineage.row import AlertStep, EntityLine, LineageRow, Tally

NOW_MS = 20_700 * DAY_MS + 12_345_678
USERS = [str(uuid.UUID(int=n << 64 | n)) for n in range(1, 4)]
IDS = ["msg_2mXyzABCDEFGHIJKLMNOPQRSTUV", "msg_00000000000000000000000001A", "page_7:3", "", "msg_é" + "a" * 26]
RESOURCES = ["sleep", "heartrate", ""]
VERDICTS = ["NEW", "CHANGED", "SAME", "STALE"]

words = st.sampled_from(["", "a", "oura", "webhook", "é", "w" * 40])
moments_ms = st.just(0) | st.integers(NOW_MS - 9 * DAY_MS, NOW_MS + DAY_MS)
moments_us = st.just(0) | moments_ms.map(lambda ms: ms * 1000) | st.integers(-(10**15), 4 * 10**15)
days = st.just(0) | st.integers(-5, 30_000)
entity_ids = st.sampled_from([*USERS, USERS[0].upper(), "x", "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e7 ", "é" * 36])
names = st.lists(st.sampled_from(["score", "deep", "hr.avg"]), max_size=3).map(tuple)
tallies = st.lists(st.builds(Tally, st.sampled_from(VERDICTS), st.integers(0, 10**6)), max_size=3).map(tuple)
entities = st.builds(EntityLine, entity_ids, st.sampled_from(VERDICTS), names, st.integers(0, 30))


def rows(**fixed: Any) -> st.SearchStrategy[LineageRow]:
    """Rows; `fixed`: fields with one value."""
    fields: dict[str, Any] = {
        "delivery_id": st.sampled_from(IDS),
        "raw_topic": st.sampled_from(["raw.summaries", "raw.timeseries"]),
        "partition": st.integers(0, 2),
        "offset": st.integers(0, 2**48 - 1),
        "processed_ms": st.integers(NOW_MS - 5 * DAY_MS, NOW_MS),
        "worker": words,
        "version": words,
        "redriven_from": st.sampled_from(["", "1:2"]),
        "created_ms": moments_ms,
        "received_ms": moments_ms,
        "owner_id": st.sampled_from([*USERS, "", "Team A"]),
        "event_type": words,
        "resource": st.sampled_from(RESOURCES),
        "door": words,
        "origin": st.sampled_from(["incremental", "historical"]),
        "backfill_id": st.sampled_from(["", "b1"]),
        "provider": words,
        "source_type": words,
        "first_us": moments_us,
        "last_us": moments_us,
        "first_day": days,
        "last_day": days,
        "entities": st.lists(entities, max_size=3).map(tuple),
        "counted": tallies,
        "clean": st.lists(st.builds(Tally, words, st.integers(0, 9)), max_size=2).map(tuple),
        "alerts": st.lists(st.builds(AlertStep, words, words), max_size=2).map(tuple),
        "reason": st.sampled_from(["", "bad_shape"]),
        "detail": st.sampled_from(["", "$.data"]),
    }
    return st.builds(LineageRow, **fields | {name: st.just(value) for name, value in fixed.items()})


def row(**fields: Any) -> LineageRow:
    """One row, of which only what is named matters."""
    usual = {"delivery_id": "msg_1", "raw_topic": "raw.summaries", "partition": 0, "offset": 0, "processed_ms": NOW_MS}
    return LineageRow(**usual | {"owner_id": USERS[0], "resource": "sleep"} | fields)


def letter(day: int) -> DeadLetter:
    """A dead letter of a day."""
    return DeadLetter(
        partition=0,
        offset=day,
        raw_topic="",
        raw_partition=-1,
        raw_offset=-1,
        delivery_id="",
        owner_id=USERS[0],
        event_type="",
        resource="",
        reason="",
        detail="",
        dead_ms=day * DAY_MS,
    )
