"""Rows that many records write stay small, and a neighbour's size is nobody's fault: a small record gets through."""

import json
from functools import partial
from typing import Any

import pytest

from streams.agents.steps.summary_repeats import TOO_LARGE
from streams.alerts.lives.threshold import Threshold, encode
from streams.engine.work.step import Step
from streams.events import topics
from streams.events.record_bounds import ROOM_BYTES, Bounds
from streams.events.text.body_bounds import ID_CHARS_MAX
from streams.ops.errors import Misconfigured, Reason, Rejected
from streams.ops.settings import MIB
from streams.tables import connections
from streams.tables.draft import Draft
from streams.tables.sources import IDS_CHARS_MAX, IDS_MAX, MAKERS_MAX, Maker, Rivals
from streams.tables.sources import encode as encode_rivals
from tests.alerts.stage import LOW
from tests.alerts.test_in_the_worker import glucose
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker, raw
from tests.strategies import USER, envelope

SMALL = Bounds.of(MIB)
LONG = "\U0001f600" * ID_CHARS_MAX  # 1 KiB
PHONE, WATCH = {"provider": "apple", "type": "phone"}, {"provider": "garmin", "type": "watch"}
AT_MS = 1_780_480_800_000


def day(id: str, source: dict[str, str], **more: Any) -> dict[str, Any]:
    return envelope(
        "daily.data.activity.updated", {"id": id, "calendar_date": "2026-06-03", "steps": 1, "source": source, **more}
    )


def activity(worker: Worker, event: Any, **how: Any) -> list[dict[str, Any]]:
    return [clean.record for clean in worker.deliver(event, **how) if clean.topic == "activity"]


def largest(worker: Worker, make: Any, low: int = 0, high: int = MIB) -> int:
    """The longest text with which an event still gets through."""
    while high - low > 1:
        middle = (low + high) // 2
        try:
            Worker(bounds=worker.bounds).deliver(make(middle))
            low = middle
        except Rejected:
            high = middle
    return low


# Sent again for a neighbour


def test_what_was_sent_once_can_be_sent_again() -> None:
    """The largest summary that leaves at all leaves whole once more, when a better source takes its day; by then it has
    another verdict and a connection."""
    worker = Worker(bounds=SMALL)
    size = largest(worker, lambda n: day("p", PHONE) | {"remark": "x" * n})
    worker.deliver(day("p", PHONE) | {"remark": "x" * size})
    connected = {"provider": {"slug": PHONE["provider"]}}
    worker.deliver(envelope("provider.connection.created", connected), id="m2", at_ms=AT_MS)
    again, better = activity(worker, day("w", WATCH), id="m3")
    assert (again["id"], again["changed_fields"], better["preferred"]) == ("p", ["preferred"], True)
    assert len(again["unknown_fields"]) > size
    assert SMALL.emit < max(len(emit.key or b"") + len(emit.value or b"") for emit in worker.emits) < SMALL.record


def workout(id: str, source: dict[str, str], **more: Any) -> dict[str, Any]:
    fields = {"id": id, "calendar_date": "2026-06-03", "source": source, **more}
    return envelope("daily.data.workouts.updated", fields)


def test_a_repetition_that_brings_more() -> None:
    """A repetition is stored with what its envelope says beside the content, but does not leave: a neighbour that has
    to send it again leaves that out, and says so."""
    worker = Worker(bounds=SMALL)
    zones = [7] * 118_000  # twice as long in a record as in a row
    worker.deliver(workout("p", PHONE, hr_zones=zones), at_ms=AT_MS)
    worker.deliver(workout("p", PHONE, hr_zones=zones) | {"remark": "y" * 200_000}, id="m2", at_ms=AT_MS + 1)
    told = worker.deliver(workout("w", WATCH), id="m3", at_ms=AT_MS + 2)
    again, better = [clean.record for clean in told if clean.topic == "workouts"]
    assert (again["id"], again["hr_zones_s"], again["problems"]) == ("p", zones, [TOO_LARGE])
    assert (again["unknown_fields"], again["preferred"], better["preferred"]) == (None, False, True)


def test_a_limit_that_was_lowered() -> None:
    """What left under a larger limit and has to be sent again is a person's to mend: the sentence says how."""
    worker = Worker()
    worker.deliver(workout("p", PHONE, title="x" * 2 * MIB))
    worker.bounds = SMALL
    with pytest.raises(Misconfigured, match="STREAMS_RECORD_BYTES_MAX") as caught:
        worker.deliver(workout("w", WATCH), id="m2")
    step = Step([raw(json.dumps(workout("w", WATCH)).encode())], Draft(lambda table, key: None), "d")
    with pytest.raises(Misconfigured):  # and no dead letter, no sentence about a bug
        step.run(partial(_raise, caught.value))


def _raise(error: Exception, record: Any, draft: Draft) -> None:
    raise error


# Rows that grow


def test_a_connection_lists_a_bounded_number() -> None:
    """Every data event may write this row: names that nobody could mean do not fill it."""
    listed = {f"{n}{LONG[: ID_CHARS_MAX - 6]}": {"status": "available"} for n in range(400)}
    listed |= {f"{n}u{LONG[: ID_CHARS_MAX - 7]}": {"status": "unavailable"} for n in range(400)}
    _, state = connections.read_event(
        "created", {"provider": "garmin", "resource_availability": listed | {LONG * 2: {"status": "available"}}}, 1
    )
    assert state.created
    assert len(state.created.resources_available) == len(state.created.resources_unavailable)
    assert len(state.created.resources_available) == connections.RESOURCES_MAX
    assert len(connections.encode(state)) < SMALL.row - ROOM_BYTES


def test_data_get_through_behind_the_fullest_connection() -> None:
    """And so does the record that the row becomes."""
    worker = Worker(bounds=SMALL)
    listed = {f"{n}{LONG[: ID_CHARS_MAX - 6]}": {"status": "available"} for n in range(700)}
    worker.deliver(
        envelope("provider.connection.created", {"provider": "apple", "resource_availability": listed}), at_ms=AT_MS
    )
    assert activity(worker, day("p", PHONE), id="m2", at_ms=AT_MS + 3_600_000)


def test_a_day_s_row_is_bounded_whatever_ids_look_like() -> None:
    """Thousands of entities and sources of a day: the next one is compared, or not remembered, and always processed."""
    row = Rivals()
    for source in range(MAKERS_MAX + 5):
        for n in range(40):
            row = row.adding(Maker(f"{source}{LONG}"[:ID_CHARS_MAX], LONG), f"{n:05}{LONG}"[:ID_CHARS_MAX])
    assert len(row.ids) <= MAKERS_MAX
    assert sum(len(id) for _, ids in row.ids for id in ids) <= IDS_CHARS_MAX
    assert len(encode_rivals(row) or b"") < SMALL.row - ROOM_BYTES
    real = Rivals()
    for n in range(IDS_MAX):
        real = real.adding(Maker("garmin", "watch"), f"0b7c5a3e-0000-4000-8000-{n:012}")
    assert len(real.of(Maker("garmin", "watch"))) == IDS_MAX


def test_ids_in_headers_are_bounded() -> None:
    """A foreign producer's headers do not grow the rows that remember ids: notices of a backfill, deliveries."""
    worker = Worker(bounds=SMALL)
    notice = envelope("historical.data.sleep.created", {"provider": "garmin", "user_id": USER})
    for n in range(70):
        worker.deliver(notice, id=f"{n}" + "x" * 30_000, at_ms=AT_MS + n)
    assert max(len(row) for row in worker.tables["backfills"].values()) < 10_000
    with pytest.raises(Rejected) as caught:
        worker.deliver(envelope("checkout.quote.created", {"id": "1"}), id="x" * (ID_CHARS_MAX + 1))
    assert caught.value.reason is Reason.NO_DELIVERY_ID


# Alerts


def threshold(own: Threshold) -> RawRecord:
    return RawRecord(f"{PREFIX}.{topics.ALERT_THRESHOLDS}", 3, 0, AT_MS, own.key, encode(own), [])


def test_a_user_s_bounds_are_bounded() -> None:
    """A person, or a program, that sets bounds without end is refused; the user's data go on."""
    worker = Worker(bounds=SMALL, rules=[LOW])
    for n in range(500):
        worker.run(threshold(Threshold(USER, f"{n:04}{LONG}"[:ID_CHARS_MAX], bound=1.5)))
    with pytest.raises(Rejected, match="500 rules"):
        worker.run(threshold(Threshold(USER, "one-more", bound=1.0)))
    with pytest.raises(Rejected, match="the key"):
        worker.run(threshold(Threshold(USER, "x" * (ID_CHARS_MAX + 1))))
    assert len(worker.tables["alerts"]) == 1


def test_what_alerts_remember_never_costs_the_data() -> None:
    """A user's row that is full: the record leaves all the same, and what the rules could not do is counted."""
    worker = Worker(rules=[LOW], bounds=Bounds(MIB, MIB, 200))  # a stand-in for a row that has grown: it does not fit
    assert [clean.topic for clean in worker.deliver(glucose((5, 3.6), (1, 3.5)))] == ["connections", "glucose"]
    assert worker.counts["alert_skipped", "too_large"] == 1
    assert not worker.tables["alerts"]


def test_timers_get_through_too() -> None:
    """A timer whose turn would be too large is over, and the next one is looked at: a punctuation cannot be refused."""
    silent = {"name": "silent", "kind": "silence", "resource": "activity", "longer_than": "3h"}
    worker = Worker(rules=[silent])
    worker.deliver(day("p", PHONE))
    timers = [key for key in worker.tables["alerts"] if key.startswith(b"t|")]
    assert timers
    worker.bounds = Bounds(MIB, 10, MIB)  # a stand-in: no alert can be told
    assert worker.punctuate(now_ms=NOW_MS + 4 * 3_600_000) == []
    assert worker.counts["alert_skipped", "too_large"] == len(timers)
    assert not [key for key in worker.tables["alerts"] if key.startswith(b"t|")]
