"""Which missing events matter: those whose entities the door to be kept told nothing newer of."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.doors import misses
from streams.doors.remembering import Remembering
from streams.events.times import HOUR_MS, MINUTE_MS
from tests.doors.memory_log import NOW_MS, USER, MemoryLog, compared, event, heartrate, sleep

AT_MS = NOW_MS - 30 * HOUR_MS
NEWER, OLDER = AT_MS + HOUR_MS, AT_MS - HOUR_MS


def night(updated_ms: int, **more: Any) -> dict[str, Any]:
    return sleep(updated_ms=updated_ms, **more)


def order(status: str, **more: Any) -> dict[str, Any]:
    return event("labtest.order.updated", {"id": "o1", "user_id": USER, "status": status, **more})


def link(action: str) -> dict[str, Any]:
    return event(f"provider.connection.{action}", {"provider": {"slug": "oura", "name": "Oura", "logo": ""}})


@pytest.mark.parametrize(
    ("missing", "brought", "brought_ms", "matters"),
    [
        (night(AT_MS), night(NEWER, score=81), OLDER, False),  # its own time decides, not its arrival
        (night(AT_MS), night(OLDER, score=81), NEWER, True),
        (night(AT_MS), night(NEWER, score=81, id="s2"), NEWER, True),
        (night(AT_MS), night(NEWER, score=81, user="6f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"), NEWER, True),
        (heartrate(60, 61), heartrate(70, 71, 72), NEWER, False),
        (heartrate(60, 61), heartrate(70, 71, 72), OLDER, True),
        (heartrate(60, 61), heartrate(60, 61, 62), OLDER, False),  # what it says is known
        (heartrate(60, 61), heartrate(60), NEWER, True),  # of one sample alone
        (order("ordered"), order("done"), NEWER, False),
        (order("done"), order("ordered"), OLDER, True),
        (link("created"), link("created") | {"client_user_id": "p"}, NEWER, False),
        (link("created"), link("created") | {"client_user_id": "p"}, OLDER, True),
        (event("x.y.z", {"a": 1}), event("x.y.z", {"a": 2}), NEWER, True),  # each delivery of it counts
        (event("daily.data.sleep.created", []), night(NEWER), NEWER, True),  # nobody can say what it is about
    ],
)  # fmt: skip
def test_which_misses_matter(missing: dict[str, Any], brought: dict[str, Any], brought_ms: int, matters: bool) -> None:
    """A newer version of all its entities, or the same content in the newest one, came by the door to be kept."""
    log = MemoryLog()
    log.put("webhook", missing, AT_MS)
    log.both(brought, brought_ms)
    found = compared(log)
    assert (found.report.kept_lacks.total(), found.matter, found.unknown) == (1, int(matters), 0)
    assert [one.matters for one in found.named] == [matters]
    assert not found.report.is_complete


def test_a_miss_is_named_by_ids_and_place() -> None:
    """Enough to look at it with other commands, and nothing of what it says; what matters comes first."""
    log = MemoryLog()
    log.both(night(NEWER, score=81), OLDER)
    log.put("webhook", night(AT_MS), AT_MS, id="msg_1")
    lost = log.put("webhook", night(AT_MS, id="s9"), AT_MS + MINUTE_MS, id="msg_2")
    log.put("pubsub", night(AT_MS, id="s8"), AT_MS, id="daily.data.sleep.updated/k1")
    first, second, third = compared(log).named
    assert (first.delivery_id, first.matters, second.delivery_id, second.matters) == ("msg_2", True, "msg_1", False)
    assert (first.topic, first.partition, first.offset) == (lost.topic, lost.partition, lost.offset)
    assert (first.door, first.event_type, first.user_id) == ("webhook", "daily.data.sleep.updated", USER)
    assert first.received_ms == AT_MS + MINUTE_MS
    assert (third.is_of_kept, third.door, third.delivery_id) == (False, "pubsub", "daily.data.sleep.updated/k1")


def test_so_many_are_named_of_each_side() -> None:
    """All are counted and looked at; the first ones are named."""
    log = MemoryLog()
    for n in range(5):
        log.put("webhook", night(AT_MS, id=f"w{n}"), AT_MS + n)
        log.put("pubsub", night(AT_MS, id=f"p{n}"), AT_MS + n)
    found = compared(log, named_max=2)
    assert (found.matter, len(found.named)) == (5, 4)
    assert [one.received_ms - AT_MS for one in found.named] == [0, 1, 0, 1]


def test_what_is_too_much_to_look_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound on what is held at once nobody knows, and that is a number of its own."""
    monkeypatch.setattr(misses, "STATEMENTS_MAX", 3)
    log = MemoryLog()
    log.both(night(NEWER))
    for n in range(3):
        log.put("webhook", heartrate(60 + n, 61, 62, 63), AT_MS + n)
    found = compared(log)
    assert found.matter + found.unknown == 3
    assert found.unknown == 2


@given(st.lists(st.integers(0, 7), max_size=8), st.lists(st.integers(0, 7), max_size=8), st.integers(0, 4000))
@settings(max_examples=30)
def test_a_log_that_remembers_gives_the_same_records(first: list[int], then: list[int], bytes_max: int) -> None:
    """Whatever it has kept, and however little that may be."""
    log = MemoryLog()
    for n in range(8):
        log.put("webhook", night(AT_MS, id=f"s{n}"))
    place = (log.records[0].topic, log.records[0].partition)
    remembering = Remembering(log, bytes_max)
    for asked in (sorted({*first}), sorted({*then})):
        found = sorted(remembering.at({place: asked}), key=lambda one: one.offset)
        assert [(one.offset, one.body, one.key, one.delivery_id, one.sent_ms) for one in found] == [
            (one.offset, one.body, one.key, one.delivery_id, one.sent_ms) for one in (log.records[n] for n in asked)
        ]
