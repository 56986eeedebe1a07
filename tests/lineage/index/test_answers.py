"""What an index answers, against a list that is searched."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.index.temporary import TemporaryIndex, temporary_index
from streams.lineage.known import AlertAttempt, AlertSeen, DeadLetter, History, Index, Link, Reach
from streams.lineage.row import EntityLine, LineageRow, Tally
from tests.lineage.index.made import IDS, NOW_MS, RESOURCES, USERS, row, rows


@pytest.fixture
def index() -> Iterator[TemporaryIndex]:
    """An empty one."""
    with temporary_index() as found:
        yield found


many = st.lists(rows(), max_size=20, unique_by=lambda row: row.place)


def answers(index: Index) -> list[object]:
    """All that can be asked of the rows of `made`."""
    owners = [*USERS, "", "Team A"]
    return [
        [list(index.deliveries(id)) for id in IDS],
        [list(index.touching(one, res, 0, NOW_MS + DAY_MS)) for one in owners for res in RESOURCES],
        list(index.hours("", "", 0, NOW_MS + 9 * DAY_MS)),
    ]


@settings(max_examples=40)
@given(many, st.lists(st.integers(0, 20), max_size=3), st.randoms())
def test_any_batching_gives_the_same_index(found: list[LineageRow], cuts: list[int], random: object) -> None:
    """Law: rows in another order, with commits at any place, give the same answers, those of a search in a list."""
    with temporary_index() as one, temporary_index() as two:
        one.writer.add(found)
        one.writer.commit()
        for at, each in enumerate(reversed(found)):
            two.writer.add([each])
            if at in cuts:
                two.writer.commit()
        two.writer.commit()
        assert answers(one) == answers(two)
        by_time = sorted(found, key=lambda row: (row.processed_ms, row.place))
        for id in IDS:
            assert list(one.deliveries(id)) == [row for row in by_time if row.delivery_id == id]
        since, until = NOW_MS - 3 * DAY_MS, NOW_MS - DAY_MS
        assert list(one.touching(USERS[0], "sleep", since, until)) == [
            row
            for row in by_time
            if (row.owner_id, row.resource) == (USERS[0], "sleep") and since <= row.processed_ms < until
        ]


def test_nothing_of_a_writer_that_is_reset(index: TemporaryIndex) -> None:
    """Sums of hours that were not committed are not there after a reset: they are read again, and counted once."""
    index.writer.add([row(provider="oura", received_ms=NOW_MS)])
    index.writer.reset()
    index.writer.add([row(provider="oura", received_ms=NOW_MS)])
    index.writer.commit()
    (hour,) = index.hours("oura", "sleep", 0, NOW_MS + 1)
    assert hour.deliveries == 1


def test_hours_are_sums_of_rows(index: TemporaryIndex) -> None:
    """An hour has what was received in it: users counted once, new samples, the mean delay of what is no history."""
    end = (NOW_MS - 60_000) * 1000
    usual = {"provider": "oura", "resource": "heartrate", "received_ms": NOW_MS, "last_us": end}
    index.writer.add(
        [
            row(offset=1, **usual, counted=(Tally("NEW", 5), Tally("SAME", 9))),
            row(offset=2, **usual | {"received_ms": NOW_MS + 60_000}),
            row(offset=3, owner_id=USERS[1], **usual, origin="historical"),
            row(offset=4, **usual | {"received_ms": NOW_MS - 3 * HOUR_MS}),
            row(offset=5, **usual, counted=(Tally("NEW", 70),), entities=(EntityLine("x", "NEW"),)),
        ]
    )
    index.writer.commit()
    before, hour = index.hours("oura", "heartrate", NOW_MS - DAY_MS, NOW_MS + DAY_MS)
    assert (hour.hour_ms, hour.deliveries, hour.users, hour.new_samples) == (NOW_MS - NOW_MS % HOUR_MS, 4, 2, 5)
    assert hour.delay_s == pytest.approx((60 + 120 + 60) / 3)
    assert before.delay_s == 0.0, "data from the future are on time"
    assert [one.hour_ms for one in index.hours("oura", "", 0, hour.hour_ms)] == [before.hour_ms]
    assert not index.hours("garmin", "heartrate", 0, NOW_MS)


def test_letters(index: TemporaryIndex) -> None:
    """A letter is found by its owner, its delivery and its raw record, and says when it was put back."""
    letter = DeadLetter(
        partition=1,
        offset=7,
        raw_topic="raw.summaries",
        raw_partition=1,
        raw_offset=70,
        delivery_id="msg_1",
        owner_id=USERS[0],
        event_type="daily.data.sleep.created",
        resource="sleep",
        reason="bad_shape",
        detail="$.data",
        dead_ms=NOW_MS,
    )
    index.writer.add_letter(letter)
    index.writer.add_mark(1, 7, NOW_MS, NOW_MS + 5)
    index.writer.commit()
    (found,) = index.letters(USERS[0].upper())
    assert found.redriven_ms == NOW_MS + 5
    assert index.letters(USERS[0], "sleep") == index.letters_of_delivery("msg_1") == [found]
    assert index.letter_of("raw.summaries", 1, 70) == found
    assert not index.letters(USERS[0], "activity")
    assert index.letter_of("raw.timeseries", 1, 70) is None
    index.writer.drop_beside(letters=NOW_MS // DAY_MS, alerts=0)
    assert index.letters(USERS[0])
    index.writer.drop_beside(letters=NOW_MS // DAY_MS + 1, alerts=0)
    assert not index.letters(USERS[0])
    assert not index.letters_of_delivery("msg_1")


def test_alerts_with_their_attempts(index: TemporaryIndex) -> None:
    """A step of an alert is found by each delivery that it names, with the attempts to bring it."""
    alert = AlertSeen(
        alert_id="a",
        revision=2,
        user_id=USERS[0],
        rule="low",
        severity="critical",
        life="opened",
        at_ms=NOW_MS,
        evidence=("msg_1", "msg_2"),
    )
    tries = [
        AlertAttempt(receiver="pager", status=status, reason="", attempt=n, at_ms=NOW_MS + n * DAY_MS)
        for n, status in enumerate(["failed", "delivered"], 1)
    ]
    index.writer.add_alert(alert)
    for one in reversed(tries):
        index.writer.add_attempt("a", 2, one, USERS[0])
        index.writer.add_attempt("a", 3, one, USERS[0])
    index.writer.commit()
    (found,) = index.alerts_of_delivery("msg_2")
    assert found.attempts == tuple(tries)
    assert not index.alerts_of_delivery("msg_3")
    index.writer.drop_beside(letters=0, alerts=NOW_MS // DAY_MS + 1)
    assert not index.alerts_of_delivery("msg_2")


def test_an_alert_of_another_record_at_the_same_place(index: TemporaryIndex) -> None:
    """A raw topic that was made anew has other records at old places: an alert is told of the one that it names, by
    whose it is, when that was processed, and what came to the place between."""
    late_ms = NOW_MS - DAY_MS
    old, other = row(delivery_id="msg_1", processed_ms=late_ms), row(delivery_id="msg_2", owner_id=USERS[1])
    index.writer.add([old, other, row(delivery_id="msg_3", processed_ms=late_ms + HOUR_MS)])
    for id, user, at_ms in (("a", USERS[0], late_ms + 5), ("b", USERS[1], NOW_MS + 5), ("c", USERS[0].upper(), NOW_MS)):
        alert = AlertSeen(
            alert_id=id,
            revision=1,
            user_id=user,
            rule="r",
            severity="low",
            life="opened",
            at_ms=at_ms,
            evidence=(),
        )
        index.writer.add_alert(alert, (old.place,))
    index.writer.commit()
    told = {id: [one.alert_id for one in index.alerts_of_delivery(id)] for id in ("msg_1", "msg_2", "msg_3")}
    assert told == {"msg_1": ["a"], "msg_2": ["b"], "msg_3": ["c"]}


def test_states_of_a_user(index: TemporaryIndex) -> None:
    """Links and histories are the newest; a link knows when data came last; a client user id leads to its user."""
    link = Link(provider="oura", status="connected", since_ms=5, available=("sleep",))
    history = History(provider="oura", resource="sleep", status="complete", reason="", share=1.0)
    index.reached = Reach(first_ms=0, as_of_ms=NOW_MS, behind_s=0.0)
    index.writer.put_link(USERS[0], "oura", replaced := Link(provider="oura", status="error", since_ms=1))
    index.writer.put_link(USERS[0], "garmin", replaced)
    index.writer.put_link(USERS[0], "oura", link)
    index.writer.put_link(USERS[0], "garmin", None)
    index.writer.put_history(USERS[0], "oura", "sleep", history)
    index.writer.add_client("mine", USERS[0], 2)
    index.writer.add_client("mine", USERS[1], 1)
    data = {"provider": "oura", "entities": (EntityLine("x", "NEW"),)}
    index.writer.add([row(offset=n, received_ms=NOW_MS - n * DAY_MS, **data) for n in (1, 2)])
    index.writer.commit()
    (found,) = index.links(USERS[0])
    assert (found.status, found.last_data_ms) == ("connected", NOW_MS - DAY_MS)
    assert list(index.histories(USERS[0])) == [history]
    assert (index.user_of("mine"), index.user_of("none")) == (USERS[0], "")
    assert not index.links(USERS[1])


def test_a_day_is_dropped(index: TemporaryIndex) -> None:
    """What was processed before a day is gone and stays out, hours too; what came after stays."""
    old, new = (row(offset=n, processed_ms=ms, received_ms=ms) for n, ms in enumerate((NOW_MS - 2 * DAY_MS, NOW_MS)))
    index.writer.add([old, new])
    index.writer.commit()
    index.writer.drop(NOW_MS // DAY_MS - 1)
    index.writer.add([old])
    index.writer.commit()
    assert list(index.deliveries("msg_1")) == [new]
    assert list(index.touching(USERS[0], "sleep", 0, NOW_MS + 1)) == [new]
    assert len(index.hours("", "", 0, NOW_MS)) == 1
