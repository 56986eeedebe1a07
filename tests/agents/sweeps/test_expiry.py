"""What is old is forgotten, a little at a time, and nothing for a wrong clock."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.agents import assembly
from streams.agents.sweeps.expiry import REST_MS, ROWS_MAX, Expiry
from streams.events.times import DAY_MS, EPOCH
from streams.tables import hour_blocks
from streams.tables.draft import Draft
from streams.tables.overlay import Rows
from streams.tables.sources import WINDOW_DAYS, Policy
from tests.folding import PREFIX, Worker, raw
from tests.strategies import envelope

NOW_MS = 1_780_480_800_000  # 2026-06-03T10:00:00Z
SOURCE = {"provider": "garmin", "type": "watch"}


def block(delivery_ms: int) -> bytes:
    """An hour with two groups, the older one first."""
    return hour_blocks.pack(hour_blocks.NUMBERS, {0: (delivery_ms - DAY_MS, 7, 1.0), 1: (delivery_ms, 7, 2.0)})


class Table:
    """A table in memory, and the drafts over it."""

    def __init__(self, rows: dict[bytes, bytes], name: str = "samples") -> None:
        self.rows, self.name, self.looked_at = rows, name, 0

    def punctuate(self, expiry: Expiry, now_ms: int = NOW_MS, *, is_committed: bool = True) -> set[bytes]:
        """The keys that it deleted."""

        def scan(table: str, start: bytes, stop: bytes) -> Rows:
            for key, value in sorted(self.rows.items()) if table == self.name else ():
                if start <= key < stop:
                    self.looked_at += 1
                    yield key, value

        draft = Draft(lambda table, key: self.rows.get(key), 3, now_ms, scan)
        draft.call(expiry.punctuate)
        gone = {key for key, value in draft.tables.get(self.name, {}).items() if value is None}
        if is_committed:
            self.rows = {key: value for key, value in self.rows.items() if key not in gone}
        return gone


def test_blocks_expire_a_window_after_their_newest_delivery() -> None:
    """What is older than the window goes, as tombstones; what is not stays."""
    old, new = NOW_MS - 91 * DAY_MS, NOW_MS - 89 * DAY_MS
    table = Table({b"u|steps|a|b|1": block(new), b"u|steps|a|b|2": block(old), b"v|x|a|b|3": block(NOW_MS)})
    expiry = Expiry(90)
    table.punctuate(expiry)
    assert table.rows.keys() == {b"u|steps|a|b|1", b"v|x|a|b|3"}


def test_no_window_forgets_nothing() -> None:
    """0 days: for ever."""
    table = Table({b"a": block(0), b"b": block(NOW_MS)})
    assert table.punctuate(Expiry(0)) == set()
    assert table.looked_at == 0


@pytest.mark.parametrize("now_ms", [NOW_MS + 3650 * DAY_MS, NOW_MS])
def test_clock_and_data_have_to_agree(now_ms: int) -> None:
    """A clock ten years ahead forgets nothing that the data do not call old, nor does one delivery from the future."""
    ahead = NOW_MS + 3650 * DAY_MS if now_ms == NOW_MS else NOW_MS
    table = Table({b"a": block(NOW_MS - DAY_MS), b"z": block(ahead)})
    expiry = Expiry(90)
    for _ in range(3):
        assert table.punctuate(expiry, now_ms) == set()
        now_ms += REST_MS


@pytest.mark.parametrize(("delivered_days", "clock_days"), [(365, 0), (0, 365), (365, 365)])
def test_which_clock_decides(delivered_days: int, clock_days: int) -> None:
    """The earlier one of the newest delivery and the worker's clock: rows go only where both are a year ahead."""
    table = Table({b"a": block(NOW_MS - DAY_MS), b"z": block(NOW_MS + delivered_days * DAY_MS)})
    gone = table.punctuate(Expiry(90), NOW_MS + clock_days * DAY_MS)
    assert gone == ({b"a"} if delivered_days and clock_days else set())


def test_a_sweep_goes_on_where_it_stopped_and_then_rests() -> None:
    """A punctuation looks at ROWS_MAX rows; when all were seen, nothing is read for hours."""
    rows = {b"%05d" % n: block(NOW_MS) for n in range(2 * ROWS_MAX + 1)} | {b"99999": block(NOW_MS - 91 * DAY_MS)}
    table, expiry = Table(rows), Expiry(90)
    assert [len(table.punctuate(expiry)) for _ in range(3)] == [0, 0, 1]
    assert table.looked_at == len(rows)
    assert table.punctuate(expiry, NOW_MS + REST_MS - 1) == set()
    assert table.looked_at == len(rows)
    table.punctuate(expiry, NOW_MS + REST_MS)
    assert table.looked_at == len(rows) + ROWS_MAX


def test_what_was_not_committed_is_forgotten_the_next_time() -> None:
    """An aborted transaction, or another owner, costs a sweep and nothing else."""
    table, expiry = Table({b"a": block(NOW_MS - 91 * DAY_MS), b"z": block(NOW_MS)}), Expiry(90)
    table.punctuate(expiry, is_committed=False)
    table.punctuate(expiry, NOW_MS + REST_MS, is_committed=False)
    assert table.rows.keys() == {b"a", b"z"}
    assert table.punctuate(expiry, NOW_MS + 2 * REST_MS) == {b"a"}


@given(
    st.dictionaries(st.integers(0, 40), st.integers(0, 400), max_size=20),
    st.integers(1, 200),
    st.integers(0, 400),
)
def test_exactly_the_old_rows_go(ages: dict[int, int], window_days: int, clock_days: int) -> None:
    """Whatever there is: in two sweeps all rows that are older than the window, by data and clock, and no other."""
    rows = {b"%02d" % n: block(NOW_MS - days * DAY_MS) for n, days in ages.items()}
    table, expiry, now_ms = Table(dict(rows)), Expiry(window_days), NOW_MS - clock_days * DAY_MS
    for n in range(2):
        table.punctuate(expiry, now_ms + n * REST_MS)
    newest_ms = max((NOW_MS - days * DAY_MS for days in ages.values()), default=0)
    # The second sweep's clock is REST_MS further.
    before_ms = min(newest_ms, now_ms + REST_MS) - window_days * DAY_MS
    assert table.rows.keys() == {key for key, value in rows.items() if hour_blocks.newest_ms(value) >= before_ms}


# With the agents.


def steps(moment: datetime) -> dict[str, Any]:
    row = {"start": moment.isoformat(), "end": (moment + timedelta(minutes=1)).isoformat(), "value": 7}
    return envelope("daily.data.steps.created", {"source": SOURCE, "data": [row]})


def test_a_sample_comes_again_after_it_was_forgotten() -> None:
    """It is NEW once more, and its record says that this may be a repetition; the row of sources stays."""
    worker = Worker()
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    then_ms = int(long_ago.timestamp() * 1000)
    (first,) = (c.record for c in worker.deliver(steps(long_ago), at_ms=then_ms) if c.topic == "steps")
    assert first["beyond_window"] is False
    worker.deliver(steps(EPOCH + timedelta(milliseconds=NOW_MS)), at_ms=NOW_MS, id="m2")
    worker.deliver({"event_type": "odd.thing", "team_id": "t", "data": {}}, at_ms=then_ms, id="m3")
    worker.deliver({"event_type": "odd.thing", "team_id": "t", "data": {}}, at_ms=NOW_MS, id="m4")
    for _ in range(2):
        worker.punctuate(NOW_MS)
    assert [key.count(b"|") for key in worker.tables["samples"]] == [3, 4]
    assert len(worker.tables["deliveries"]) == 1
    assert (worker.counts["expired", "samples"], worker.counts["expired", "deliveries"]) == (1, 1)
    (again,) = (c.record for c in worker.deliver(steps(long_ago), at_ms=NOW_MS, id="m5") if c.topic == "steps")
    assert (again["verdict"], again["beyond_window"]) == ("NEW", True)


def test_history_says_that_it_is_beyond_the_window() -> None:
    """Old samples that come for the first time cannot be told from forgotten ones; recent ones beside them can."""
    recent = EPOCH + timedelta(milliseconds=NOW_MS)
    rows = [steps(at)["data"]["data"][0] for at in (recent - timedelta(days=WINDOW_DAYS + 1), recent)]
    event = envelope("daily.data.steps.created", {"source": SOURCE, "data": rows})
    found = [c.record for c in Worker().deliver(event, at_ms=NOW_MS) if c.topic == "steps"]
    assert [(r["beyond_window"], len(r["values"]), r["part"]) for r in found] == [(True, 1, 1), (False, 1, 2)]
    found = [c.record for c in Worker(policy=Policy(window_days=0)).deliver(event, at_ms=NOW_MS) if c.topic == "steps"]
    assert [(r["beyond_window"], len(r["values"])) for r in found] == [(False, 2)]


WEEK = Policy(window_days=7)
LATE_MS = NOW_MS + 30 * DAY_MS


def arrived(at_ms: int) -> dict[str, str]:
    return {"ce_receivedtime": (EPOCH + timedelta(milliseconds=at_ms)).isoformat()}


def values_of(clean: list[Any]) -> list[tuple[str, bool]]:
    return [(c.record["verdict"], c.record["beyond_window"]) for c in clean if "beyond_window" in c.record]


def test_a_message_that_comes_again_when_it_was_forgotten_says_so() -> None:
    """Its id tells when it was made, and so its version is the old one; that it came a month later makes it suspect."""
    worker, recent = Worker(policy=WEEK), EPOCH + timedelta(milliseconds=NOW_MS)
    assert values_of(worker.deliver(steps(recent), at_ms=NOW_MS, id="m1")) == [("NEW", False)]
    worker.tables["samples"].clear()
    again = worker.deliver(steps(recent), at_ms=NOW_MS, id="m1", headers=arrived(LATE_MS))
    assert values_of(again) == [("NEW", True)]


def test_a_letter_that_goes_back_is_judged_by_when_it_was_stored_again() -> None:
    """It has the headers of its first arrival; the record is a new one."""
    worker, recent = Worker(policy=WEEK), EPOCH + timedelta(milliseconds=NOW_MS)
    record = raw(json.dumps(steps(recent)).encode(), at_ms=NOW_MS)._replace(timestamp=LATE_MS)
    assert values_of(worker.run(record)) == [("NEW", True)]


def test_an_hour_that_a_repetition_made_anew_is_still_beyond() -> None:
    """A second message of the hour finds the block that the first one made: it may be a repetition all the same."""
    worker, recent = Worker(policy=WEEK), (EPOCH + timedelta(milliseconds=NOW_MS)).replace(minute=0)
    for n in range(2):
        event = steps(recent + timedelta(minutes=n))
        assert values_of(worker.deliver(event, at_ms=NOW_MS, id=f"m{n}", headers=arrived(LATE_MS))) == [("NEW", True)]


@given(st.integers(0, 59), st.integers(0, 3 * 24 * 60), st.integers(-3 * 60, 3 * 60))
def test_what_is_not_beyond_was_not_forgotten(minute: int, delay_min: int, around_min: int) -> None:
    """Around the end of the window, to the minute: a repetition that leaves as NEW says that it may be one."""
    worker, policy = Worker(policy=WEEK), Policy(window_days=7)
    sampled_ms = NOW_MS // 3_600_000 * 3_600_000 + minute * 60_000
    made_ms = sampled_ms + delay_min * 60_000
    event = steps(EPOCH + timedelta(milliseconds=sampled_ms))
    worker.deliver(event, at_ms=made_ms, id="m1")
    again_ms = made_ms + 7 * DAY_MS + around_min * 60_000
    table = Table({**worker.tables["samples"], b"u|steps|a|b|1": block(again_ms)})
    expiry = Expiry(policy.window_days)
    for n in range(2):
        table.punctuate(expiry, again_ms + n * REST_MS)
    worker.tables["samples"] = {key: row for key, row in table.rows.items() if key != b"u|steps|a|b|1"}
    for id, at_ms in (("m1", made_ms), ("m2", again_ms)):
        told = values_of(worker.deliver(event, at_ms=at_ms, id=id, headers=arrived(again_ms)))
        assert told in ([], [("NEW", True)])


@pytest.mark.parametrize(
    "event",
    [
        {"event_type": "odd.thing", "team_id": "t", "data": {}},
        {"event_type": "continuous_query.result.created", "user_id": "u", "team_id": "t", "data": {}},
        {"event_type": "labtest.order.updated", "user_id": "u", "team_id": "t", "data": {}},
    ],
    ids=lambda event: event["event_type"],
)
def test_a_delivery_that_was_forgotten_says_so(event: dict[str, Any]) -> None:
    """What is known by its delivery alone leaves again behind the window, marked; within it, it does not leave."""
    worker = Worker(policy=WEEK)
    assert values_of(worker.deliver(event, at_ms=NOW_MS)) == [("NEW", False)]
    assert values_of(worker.deliver(event, at_ms=NOW_MS, headers=arrived(NOW_MS + 7 * DAY_MS))) == []
    assert len(worker.tables["deliveries"]) == 1
    worker.tables["deliveries"].clear()
    assert values_of(worker.deliver(event, at_ms=NOW_MS, headers=arrived(LATE_MS))) == [("NEW", True)]


def test_the_punctuation_of_the_worker_forgets() -> None:
    """It is wired: the window of the settings reaches the sweep."""
    table = Table({b"a": block(NOW_MS - 11 * DAY_MS), b"z": block(NOW_MS)})
    punctuation = assembly.punctuation(PREFIX, None, Policy(window_days=10))
    table.punctuate(type("", (), {"punctuate": staticmethod(punctuation)})())
    assert table.rows.keys() == {b"z"}
