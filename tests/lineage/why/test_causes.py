"""Worlds in which exactly one thing is wrong, and some in which two are: the right sentence each time."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.data.days import LocalDay, UserClock
from streams.lineage.data_exits import ANSWERED, CANNOT_TELL, NOT_FOUND, exit_of
from streams.lineage.delivery.facts import NotKnown
from streams.lineage.known import Reach
from streams.lineage.row import Tally
from streams.lineage.why.facts import (
    DoorNews,
    JunctionSays,
    RefusalSeen,
    WaitingLook,
    WaitingRecord,
)
from streams.lineage.why.judge import CAUSES, HERE, NOTHING_KNOWN, judged
from tests.lineage.why.worlds import (
    DAY,
    DAY_START_MS,
    FIRST_MS,
    NOW_MS,
    USER,
    history,
    hours,
    letter,
    link,
    nothing_known,
    row,
)

ORDER = tuple(kind for kind, _ in CAUSES)
SIX_MS = DAY_START_MS + 6 * HOUR_MS
REFUSED = RefusalSeen(SIX_MS, "http://gateway:9100", "unavailable", 503, "msg_refused", True)
BEFORE = nothing_known().rows
# What is wrong in each world, what the sentence says, what it points at.
WORLDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "connection": (
        {"links": (link(status="error", since_ms=SIX_MS, error_type="token_refresh_failed", error_ms=SIX_MS),)},
        "The connection to oura is in error since 2026-11-28 06:00:00 UTC (token_refresh_failed)",
        f"junction-streams status {USER}",
    ),
    "not_available": (
        {"links": (link(available=("activity",), unavailable=("sleep",)),)},
        "sleep is not available at oura",
        f"junction-streams status {USER}",
    ),
    "history": (
        {"histories": (history(status="fetching", share=0.4, end_ms=NOW_MS),)},
        "is under way (fetching, 40% of it fetched)",
        f"junction-streams status {USER}",
    ),
    "waiting": (
        {"waiting": WaitingLook((WaitingRecord("raw.summaries 3:700", "msg_waits", SIX_MS),), behind=1_200)},
        "1 delivery of sleep of this user waits for a worker, the oldest since 2026-11-28 06:00:00 UTC; 1,200 records",
        "raw.summaries 3:700",
    ),
    "dead_letter": ({"letters": (letter(),)}, "became a dead letter at that time", "dead_letters 2:12"),
    "door": (
        {"door": DoorNews(refusals=(REFUSED,))},
        "Gateways refused 1 signed delivery at that time (unavailable)",
        "msg_refused",
    ),
    "stale": ({"rows": (*BEFORE, row(DAY, "STALE"))}, "and was STALE", f"msg_oura_{DAY}_STALE"),
    "provider_late": (
        {"hours": {"oura": (*hours(until_ms=NOW_MS - 3 * HOUR_MS), *hours(3)[-3:])}},
        "oura is late with sleep for everybody, from 2026-11-28 06:00:00 UTC to 2026-11-28 09:00:00 UTC "
        "(oura: 9 deliveries where 30 are usual)",
        "",
    ),
    "other_data": (
        {"rows": (*BEFORE, row(DAY - 1, "CHANGED", received_ms=SIX_MS, processed_ms=SIX_MS, delivery_id="msg_other"))},
        "1 delivery of sleep came, and all of other days: the newest of 2026-11-27",
        "msg_other",
    ),
    "junction_has_none": ({"junction": JunctionSays(0)}, "Junction, asked now, says that it has no", "Junction's API"),
    "nothing_known": ({}, "Nothing that is known here explains why there is no sleep of 2026-11-28.", "junction-stre"),
}  # fmt: skip


def test_each_cause_has_its_world() -> None:
    """The issue's list, in its order; nothing known is the last."""
    assert tuple(WORLDS) == (*ORDER, NOTHING_KNOWN)


@pytest.mark.parametrize("kind", WORLDS)
def test_one_cause(kind: str) -> None:
    """The one thing that is wrong is the answer, with its evidence; no other cause holds."""
    changes, sentence, evidence = WORLDS[kind]
    story = judged(nothing_known(**changes))
    assert story.ending == kind
    assert sentence in story.sentence
    assert [step.kind for step in story.steps] == [HERE, *ORDER, NOTHING_KNOWN]
    assert [step.kind for step in story.steps if step.facts["holds"] == "true"] == [kind]
    step = next(step for step in story.steps if step.kind == kind)
    assert step.sentence == story.sentence
    assert any(one.startswith(evidence) for one in step.evidence) or not evidence


@pytest.mark.parametrize(("first", "second"), [("connection", "dead_letter"), ("waiting", "provider_late")])
def test_two_causes(first: str, second: str) -> None:
    """The earlier one in the order is the answer, the other stays below as checked and true."""
    story = judged(nothing_known(**WORLDS[first][0], **WORLDS[second][0]))
    assert story.ending == first
    assert WORLDS[first][1] in story.sentence
    assert [step.kind for step in story.steps if step.facts["holds"] == "true"] == [first, second]


@given(
    st.lists(st.sampled_from([kind for kind in WORLDS if kind not in ("stale", "other_data")]), min_size=1, unique=True)
)
def test_the_first_in_the_order_wins(kinds: list[str]) -> None:
    """Whatever is wrong together: law of the fixed order."""
    changes: dict[str, Any] = {}
    for kind in kinds:  # of causes about the same facts, both have to stay
        for name, value in WORLDS[kind][0].items():
            if name == "links" and name in changes:
                value = tuple(replace(old, unavailable=("sleep",), available=()) for old in changes[name])
                value = tuple(replace(old, status="error", since_ms=SIX_MS) for old in value)
            changes[name] = value
    assert judged(nothing_known(**changes)).ending == min(kinds, key=[*ORDER, NOTHING_KNOWN].index)


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(chance: random.Random) -> None:
    """The same rows give the same story, however they come, and if some come twice."""
    facts = nothing_known(rows=(*BEFORE, row(DAY, "STALE"), row(DAY - 1, "SAME", provider="whoop")))
    rows = [*facts.rows, *chance.sample(facts.rows, 3)]
    chance.shuffle(rows)
    assert judged(replace(facts, rows=tuple(rows))) == judged(facts)


def test_it_is_there() -> None:
    """Then that is the answer, with the newest delivery."""
    story = judged(nothing_known(rows=(*BEFORE, row(DAY), row(DAY, "SAME"))))
    assert story.ending == HERE
    assert "2 deliveries brought sleep of 2026-11-28 from oura" in story.sentence
    assert [step.kind for step in story.steps if step.facts["holds"] == "true"] == [HERE]


def test_it_is_there_from_another_source_only() -> None:
    """Who usually brings it is missed: the answer says whose data are there, and why the others are not."""
    rows = (*BEFORE, row(DAY, provider="apple_health_kit"))
    story = judged(nothing_known(rows=rows))
    assert story.ending == "other_data"
    assert "came from apple_health_kit only: oura, which usually brings it, brought none" in story.sentence
    in_error = judged(nothing_known(rows=rows, **WORLDS["connection"][0]))
    assert in_error.ending == "connection"
    assert "came from apple_health_kit only" in in_error.sentence
    assert "The connection to oura is in error" in in_error.sentence


def test_a_source_that_brings_it_rarely_is_not_missed() -> None:
    """A scale once a week is no cause where another source has brought the day."""
    rows = (*BEFORE, row(DAY), row(DAY - 9, provider="withings"))
    assert judged(nothing_known(rows=rows)).ending == HERE


def test_never_connected() -> None:
    """A user of whom nothing is known has no connection."""
    story = judged(nothing_known(rows=(), links=(), histories=(), hours={}))
    assert story.ending == "connection"
    assert "No connection of this user to any provider is known" in story.sentence


def test_never_connected_in_a_new_product() -> None:
    """All is read, and nobody has sent anything yet: that there are no rows is no doubt. There is one where states of
    connections are still read, though lineage was read to its end."""
    new = Reach(first_ms=0, as_of_ms=NOW_MS - 1_200, behind_s=0.0)
    nobody: dict[str, Any] = {"rows": (), "links": (), "histories": (), "hours": {}}
    story = judged(nothing_known(reach=new, **nobody))
    assert (story.ending, exit_of(story)) == ("connection", ANSWERED)
    assert "none was ever made" in story.sentence
    for reach in (replace(new, first_ms=FIRST_MS, has_connections=False), replace(new, as_of_ms=0)):
        assert holds_of("connection", reach=reach, **nobody) == "unknown"
    assert holds_of("connection", reach=replace(new, first_ms=FIRST_MS, has_connections=False)) == "unknown"
    assert holds_of("connection") == "false"


@pytest.mark.parametrize(("first_ms", "behind_s"), [(0, 2_592_000.0), (FIRST_MS, 7_200.0)])
def test_an_index_that_has_not_all_says_no_never(first_ms: int, behind_s: float) -> None:
    """Being made again, or behind: that no connection is in it says nothing, nor that nothing explains an absence."""
    reach = Reach(first_ms=first_ms, as_of_ms=NOW_MS - int(behind_s * 1000), behind_s=behind_s)
    story = judged(nothing_known(rows=(), links=(), histories=(), hours={}, reach=reach))
    assert (story.ending, exit_of(story)) == (NOTHING_KNOWN, CANNOT_TELL)
    assert holds_of("connection", rows=(), links=(), hours={}, reach=reach) == "unknown"
    assert exit_of(judged(nothing_known(reach=reach))) == CANNOT_TELL
    assert exit_of(judged(nothing_known())) == NOT_FOUND


def test_a_provider_that_never_brought_it_is_no_cause() -> None:
    """Whoop in error for months explains nothing where oura brings the nights."""
    links = (link(), link(provider="whoop", status="error", since_ms=FIRST_MS))
    assert judged(nothing_known(links=links)).ending == NOTHING_KNOWN
    assert judged(nothing_known(links=links, rows=())).ending == NOTHING_KNOWN  # oura might bring it


def test_what_was_so_at_that_time_counts() -> None:
    """An error after the day explains nothing of it; one that was mended since does."""
    later = LocalDay(DAY - 5, UserClock(offset_s=0))
    without = tuple(one for one in BEFORE if one.first_day != DAY - 5)
    now = {"links": (link(status="error", since_ms=SIX_MS),), "day": later, "rows": without}
    assert judged(nothing_known(**now)).ending == "other_data"
    then_ms = (DAY - 5) * DAY_MS
    told = {"event_type": "provider.connection.error", "resource": "connection", "delivery_id": "msg_error"}
    error = row(DAY - 5, **told, created_ms=then_ms)
    mended = row(DAY - 4, **(told | {"event_type": "provider.connection.created"}))
    story = judged(nothing_known(day=later, rows=without, connection_rows=(mended, error)))
    assert story.ending == "connection"
    assert "was in error since 2026-11-23 00:00:00 UTC" in story.sentence


@pytest.mark.parametrize(
    ("brought_ms", "made_ms", "last_data_ms", "holds"),
    [
        (DAY_START_MS - 3 * DAY_MS, DAY_START_MS - 3 * DAY_MS, 0, "false"),  # data since: it was mended
        (DAY_START_MS - 3 * DAY_MS, DAY_START_MS - 6 * DAY_MS, 0, "true"),  # made before it, came after it
        (DAY_START_MS - 9 * DAY_MS, 0, 0, "true"),
        (DAY_START_MS - 9 * DAY_MS, 0, DAY_START_MS - DAY_MS, "false"),  # data of another resource
        (DAY_START_MS - 9 * DAY_MS, 0, DAY_START_MS - 5 * DAY_MS + HOUR_MS, "true"),  # perhaps tried again
        (DAY_START_MS - 9 * DAY_MS, 0, NOW_MS, "true"),  # since it was mended
    ],
)
def test_an_error_that_was_mended_unseen(brought_ms: int, made_ms: int, last_data_ms: int, holds: str) -> None:
    """Of mendings only the newest is on record, here one after the day. Data that Junction made after the error say
    that there was another before; data that were only late do not."""
    error_ms, day = DAY_START_MS - 5 * DAY_MS, LocalDay(DAY - 1, UserClock(offset_s=0))
    mended = link(since_ms=DAY_START_MS + HOUR_MS, error_ms=error_ms, last_data_ms=last_data_ms)
    brought = row(DAY - 9, received_ms=brought_ms, created_ms=made_ms or brought_ms, processed_ms=brought_ms)
    assert holds_of("connection", day=day, rows=(brought,), links=(mended,)) == holds


def test_an_error_of_long_ago_that_was_mended_twice() -> None:
    """A healthy user whose other resources came all the time, and who connected again today: data that were made behind
    the error and came by the end of the day say that it was mended before. Where rows of then are missing nobody
    knows."""
    error_ms, day = DAY_START_MS - 300 * DAY_MS, LocalDay(DAY - 1, UserClock(offset_s=0))
    again = link(since_ms=DAY_START_MS + HOUR_MS, error_ms=error_ms, last_data_ms=NOW_MS - 1000)
    asked: dict[str, Any] = {"day": day, "rows": (), "links": (again,)}
    assert holds_of("connection", **asked) == "true"
    assert holds_of("connection", **asked, brought={"oura": DAY_START_MS - HOUR_MS}) == "false"
    assert holds_of("connection", **asked, brought={"oura": error_ms - 1, "garmin": DAY_START_MS - 1}) == "true"
    young = Reach(first_ms=DAY_START_MS - HOUR_MS, as_of_ms=NOW_MS, behind_s=0.0)
    for reach in (young, replace(young, first_ms=0), replace(young, first_ms=FIRST_MS, behind_s=60.0)):
        assert holds_of("connection", **asked, reach=reach) == "unknown"
    still = link(status="error", since_ms=error_ms, error_ms=error_ms)
    assert holds_of("connection", day=day, rows=(), links=(still,), reach=young) == "true"


def test_history_of_other_days() -> None:
    """A history that does not have the day is no cause; one that failed says how to ask again."""
    assert judged(nothing_known(histories=(history(status="fetching"),))).ending == NOTHING_KNOWN
    failed = judged(nothing_known(histories=(history(status="failed", reason="refused", end_ms=NOW_MS),)))
    assert failed.ending == "history"
    assert "failed, refused" in failed.sentence
    command = f"junction-streams fetch --user {USER} --provider oura --resource sleep"
    assert command in next(step for step in failed.steps if step.kind == "history").evidence


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"redriven_ms": NOW_MS}, "false"),
        ({"dead_ms": DAY_START_MS - HOUR_MS}, "false"),
        ({"dead_ms": DAY_START_MS + 4 * DAY_MS}, "false"),
        ({"dead_ms": DAY_START_MS + DAY_MS}, "true"),
    ],
)
def test_which_dead_letters_count(changes: dict[str, Any], holds: str) -> None:
    """One that was put back is none; one that died before the day began cannot hold it."""
    assert holds_of("dead_letter", letters=(letter(**changes),)) == holds


def test_stale_beside_what_is_there() -> None:
    """A late older version explains nothing where a newer one is there."""
    assert holds_of("stale", rows=(*BEFORE, row(DAY), row(DAY, "STALE"))) == "false"


def test_other_days_beside_a_day_that_was_stale() -> None:
    """That data of other days came is not denied where some of this day came, too."""
    other = row(DAY - 1, "CHANGED", received_ms=SIX_MS, processed_ms=SIX_MS, delivery_id="msg_other")
    story = judged(nothing_known(rows=(*BEFORE, row(DAY, "STALE"), other)))
    assert story.ending == "stale"
    (found,) = [step for step in story.steps if step.kind == "other_data"]
    assert found.sentence == "At that time 1 delivery of sleep of other days came, beside 1 of this day."
    without = judged(nothing_known(rows=(*BEFORE, row(DAY, "STALE"))))
    assert "At that time no sleep of other days came." in [step.sentence for step in without.steps]


def test_samples_that_are_stale() -> None:
    """Counts of samples are verdicts like those of entities."""
    stale = row(DAY, "STALE", entities=(), counted=(Tally("STALE", 60),))
    assert judged(nothing_known(rows=(*BEFORE, stale))).ending == "stale"


def test_samples_that_name_no_offset_are_of_days_too() -> None:
    """By their times on the user's clock: they are data of other days, and a provider that brings them each day is
    missed."""
    undated: dict[str, Any] = {"event_type": "daily.data.heartrate.created", "first_day": 0, "last_day": 0}
    clock = UserClock(offset_s=9 * 3600)
    rows = tuple(row(day, **undated) for day in range(DAY - 20, DAY))  # from 23:00 of the day before to 06:00 in UTC
    behind = row(DAY - 1, **undated, delivery_id="msg_behind", received_ms=SIX_MS, processed_ms=SIX_MS)
    story = judged(nothing_known(rows=(*rows, behind), day=LocalDay(DAY, clock), resource="heartrate"))
    assert story.ending == "other_data"
    assert "the newest of 2026-11-27" in story.sentence
    there = row(DAY, provider="garmin", **undated)
    found = nothing_known(rows=(*rows, there), day=LocalDay(DAY, clock), resource="heartrate")
    assert (found.there, found.missed.providers) == ((there,), {"oura"})


def test_a_notice_is_no_data() -> None:
    """That Junction pulled a history of the day brings nothing of it."""
    notice = row(DAY, event_type="historical.data.sleep.created")
    assert judged(nothing_known(rows=(*BEFORE, notice))).ending == NOTHING_KNOWN


def test_what_is_not_known_is_said() -> None:
    """Parts that did not answer are named, and counted where nothing else explains it."""
    story = judged(
        nothing_known(
            waiting=NotKnown("Kafka does not answer"),
            junction=NotKnown("Junction was not asked"),
            reach=Reach(first_ms=FIRST_MS, as_of_ms=NOW_MS - 60_000, behind_s=60.0),
        )
    )
    assert story.ending == NOTHING_KNOWN
    assert "; 2 causes could not be checked; the index is 1 min behind." in story.sentence
    assert "Kafka does not answer." in story.missing
    assert any("60 s behind" in one for one in story.missing)


def test_a_day_before_the_index() -> None:
    """What came at its time is not known: that is said, with the span that there is."""
    story = judged(nothing_known(day=LocalDay(DAY - 40, UserClock(offset_s=0)), rows=()))
    assert any("from 2026-10-29 00:00:00 UTC to 2026-11-28 09:20:00 UTC" in one for one in story.missing)


def test_a_resource_without_a_day() -> None:
    """A profile belongs to no day: it is there if any came."""
    profile = row(DAY - 3, resource="profile", event_type="daily.data.profile.updated", first_day=0, last_day=0)
    assert judged(nothing_known(day=None, resource="profile", rows=(profile,))).ending == HERE
    assert judged(nothing_known(day=None, resource="profile", rows=())).ending == NOTHING_KNOWN


def test_commands_may_be_copied() -> None:
    """An id with a space or a quote stays one word of a shell."""
    story = judged(nothing_known(user_id="it's $(me)", rows=(), links=()))
    assert """junction-streams status 'it'"'"'s $(me)'""" in story.steps[1].evidence


def holds_of(kind: str, **changes: Any) -> str:
    story = judged(nothing_known(**changes))
    return str(next(step for step in story.steps if step.kind == kind).facts["holds"])
