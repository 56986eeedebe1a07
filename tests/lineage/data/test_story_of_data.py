"""The story of a user's resource, from the product's own rows and records."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.data.days import LocalDay, UserClock
from streams.lineage.data.question import ORIGINALS_MAX, STEPS_MAX, DataQuestion
from streams.lineage.data.story_of_data import FOUND, NOTHING, UNKNOWN, story_of_data
from streams.lineage.data_exits import CANNOT_TELL, exit_of
from streams.lineage.delivery.facts import NotKnown, RawPlace
from streams.lineage.known import Reach
from streams.lineage.row import EntityLine
from streams.lineage.telling import Story
from tests.lineage.product import Product
from tests.strategies import USER, envelope

DAY = 20_607  # 2026-06-03
MORNING_MS = DAY * DAY_MS + 7 * HOUR_MS
REACH = Reach(first_ms=(DAY - 20) * DAY_MS, as_of_ms=(DAY + 1) * DAY_MS, behind_s=0.0)
UTC = UserClock(offset_s=0)
RING = {"provider": "oura", "type": "ring"}


def night(day: int, score: int, hour: int = 7, **more: Any) -> dict[str, Any]:
    """A night that ended on that day of June 2026."""
    data = {
        "id": f"night-{day}", "score": score, "bedtime_start": f"2026-06-{day - 1:02}T23:00:00+00:00",
        "bedtime_stop": f"2026-06-{day:02}T06:00:00+00:00", "calendar_date": f"2026-06-{day:02}", "timezone_offset": 0,
        "updated_at": f"2026-06-{day:02}T{hour:02}:00:00+00:00", "source": RING, **more,
    }  # fmt: skip
    return envelope("daily.data.sleep.updated", data)


def heartrate(values: dict[int, float], source: dict[str, str] = RING) -> dict[str, Any]:
    """Samples by the minute since three in the morning of the day."""
    samples = [{"timestamp": f"2026-06-03T03:{n:02}:00Z", "value": value, "unit": "bpm"} for n, value in values.items()]
    return envelope("daily.data.heartrate.created", {"source": source, "data": samples})


def asked(product: Product, reach: Reach = REACH, **question: Any) -> Story:
    what = DataQuestion(**{"user_id": USER, "resource": "sleep", **question})
    return story_of_data(what, product.of(USER, what.resource), product.originals, reach)


@pytest.fixture
def product() -> Product:
    """Two nights; the second one came, was repeated, was corrected, came late in its old version, and died once."""
    made = Product()
    made.deliver(night(2, 80), "msg_day_before", MORNING_MS - DAY_MS)
    made.deliver(night(3, 70), "msg_first", MORNING_MS)
    made.deliver(night(3, 70), "msg_first", MORNING_MS + 1000)
    made.deliver(night(3, 75, 8, efficiency=91), "msg_corrected", MORNING_MS + HOUR_MS)
    made.deliver(night(3, 70), "msg_late", MORNING_MS + 2 * HOUR_MS)
    made.deliver({**night(3, 1), "data": "no object"}, "msg_dead", MORNING_MS + 3 * HOUR_MS)
    return made


def test_all_deliveries_of_a_day_in_order(product: Product) -> None:
    """Each with its verdict and changed names, and what differs from the newest version until then."""
    story = asked(product, day=LocalDay(DAY, UTC))
    assert story.ending == FOUND
    assert story.sentence.startswith(
        "4 deliveries touched sleep of 2026-06-03 in the user's clock (UTC+00:00): 1 CHANGED,"
    )
    assert story.sentence.endswith(" 1 dead letter of that time may be of it.")
    assert asked(product).sentence.startswith("6 deliveries touched sleep: 1 CHANGED, 2 NEW, 1 SAME, 1 STALE, 1 dead")
    assert [(step.kind, step.evidence[0]) for step in story.steps] == [
        ("delivery", "msg_first"),
        ("delivery", "msg_first"),
        ("delivery", "msg_corrected"),
        ("diff", "msg_first"),
        ("delivery", "msg_late"),
        ("diff", "msg_corrected"),
        ("dead_letter", "msg_dead"),
    ]
    assert "CHANGED (2 fields: efficiency_percent, score)" in story.steps[2].sentence
    assert "2 fields differ: efficiency_percent, score." in story.steps[3].sentence
    assert "became a dead letter (bad_shape, $.data: not an object)" in story.steps[-1].sentence
    assert story.missing == ()


def test_values_are_shown_where_they_are_asked_for(product: Product) -> None:
    """Both versions, field by field."""
    step = asked(product, day=LocalDay(DAY, UTC), show_values=True).steps[3]
    assert "efficiency_percent (none) → 91.0; score 70.0 → 75.0." in step.sentence
    assert step.facts["values"]["score"] == {"before": 70.0, "after": 75.0}


def test_by_entity_and_by_time(product: Product) -> None:
    """Only what is of that summary, or covers that moment."""
    assert {step.evidence[0] for step in asked(product, entity="night-2").steps} == {"msg_day_before"}
    at_night = asked(product, at_ms=MORNING_MS - DAY_MS - 3 * HOUR_MS)
    assert [step.evidence[0] for step in at_night.steps if step.kind == "delivery"] == ["msg_day_before"]
    assert asked(product, at_ms=MORNING_MS + 5 * HOUR_MS).ending == NOTHING
    assert len([step for step in asked(product).steps if step.kind == "delivery"]) == 5


def test_a_moment_of_samples() -> None:
    """Which delivery said what of it; the value is shown where it is asked for."""
    product = Product()
    product.deliver(heartrate({9: 1, 10: 58, 11: 1}), "msg_0", MORNING_MS)
    product.deliver(heartrate({10: 61}), "msg_1", MORNING_MS + 1000)
    at_ms = DAY * DAY_MS + 3 * HOUR_MS + 10 * 60_000
    story = asked(product, resource="heartrate", at_ms=at_ms)
    assert [(step.kind, step.evidence[0]) for step in story.steps] == [
        ("delivery", "msg_0"), ("sample", "msg_0"), ("delivery", "msg_1"), ("sample", "msg_1"),
    ]  # fmt: skip
    assert story.steps[1].sentence == "It said NEW of 2026-06-03T03:10:00+00:00 (oura ring)."
    assert story.steps[3].sentence.startswith(
        "It said CHANGED of 2026-06-03T03:10:00+00:00 (oura ring): that is what counts"
    )
    shown = asked(product, resource="heartrate", at_ms=at_ms, show_values=True)
    assert "(oura ring), 61.0 bpm: that is what counts now." in shown.steps[3].sentence


def test_this_build_judges_otherwise(product: Product) -> None:
    """A shadow replay of one thing: the story says so, on top and at the delivery."""
    rows = list(product.of(USER, "sleep"))
    rows[3] = replace(rows[3], entities=(EntityLine("night-3", "SAME"),), version="0.0.9")
    story = story_of_data(DataQuestion(user_id=USER, resource="sleep"), rows, product.originals, REACH)
    assert "This build judges 1 of them otherwise than the worker did." in story.sentence
    (step,) = [step for step in story.steps if step.kind == "judged_otherwise"]
    assert step.evidence[0] == "msg_corrected"
    assert "otherwise than version 0.0.9 did: CHANGED (efficiency_percent, score)." in step.sentence


def test_a_letter_that_this_build_would_take(product: Product) -> None:
    """And one that it would not take, where a worker did."""
    rows = [product.of(USER, "sleep")[1], product.of(USER, "sleep")[-1]]
    rows[0] = replace(rows[0], reason="no_key")
    rows[1] = replace(rows[1], reason="")
    story = story_of_data(DataQuestion(user_id=USER, resource="sleep"), rows, product.originals, REACH)
    said = [step.sentence for step in story.steps if step.kind == "judged_otherwise"]
    assert [one.rpartition("did: ")[2] for one in said] == [
        "no dead letter: it can be put back.", "a dead letter (bad_shape).",
    ]  # fmt: skip


def test_a_summary_that_was_of_another_day_meanwhile() -> None:
    """What moved it away and back is folded, and not told: this build judges as the worker did, which knew it, too."""
    product = Product()
    for number, (day, score, hour) in enumerate([(3, 70, 7), (2, 75, 8), (3, 70, 9), (2, 70, 10)]):
        moved = night(day, score, id="night-x", updated_at=f"2026-06-03T{hour:02}:00:00+00:00")
        product.deliver(moved, f"msg_{number}", MORNING_MS + number * HOUR_MS)
    story = asked(product, day=LocalDay(DAY, UTC))
    assert "otherwise" not in story.sentence
    assert [(step.kind, step.evidence[0]) for step in story.steps] == [
        ("delivery", "msg_0"),
        ("delivery", "msg_2"),
        ("diff", "msg_1"),
    ]
    del product.originals[RawPlace(*product.rows[1].place)]
    without = asked(product, day=LocalDay(DAY, UTC))
    assert [step.kind for step in without.steps] == ["delivery", "delivery"]
    assert without.missing == ()


def test_an_id_that_may_be_a_value() -> None:
    """A row does not hold it, and a difference names it only where values are asked for."""
    product, odd = Product(), "weight 82.5 kg of Jane"
    product.deliver(night(3, 70, 7, id=odd), "msg_0", MORNING_MS)
    product.deliver(night(3, 71, 8, id=odd), "msg_1", MORNING_MS + HOUR_MS)
    hidden = asked(product)
    assert [step.facts["entity"] for step in hidden.steps if step.kind == "diff"] == ["(odd)"]
    assert "Jane" not in json.dumps(hidden.as_json())
    shown = asked(product, show_values=True)
    assert [step.facts["entity"] for step in shown.steps if step.kind == "diff"] == [odd]


def test_two_deliveries_that_had_the_same_place() -> None:
    """A raw topic that was made anew gives its places again: both are told, and the record is the second one's."""
    before, after = Product(), Product()
    before.deliver(night(2, 70), "msg_before", MORNING_MS - DAY_MS)
    after.deliver(night(3, 75), "msg_after", MORNING_MS)
    rows = [*after.rows, *before.rows]
    story = story_of_data(DataQuestion(user_id=USER, resource="sleep"), rows, after.originals, REACH)
    assert story.sentence.startswith("2 deliveries touched sleep: 2 NEW;")
    assert [step.evidence for step in story.steps] == [
        ("msg_before", "raw.summaries 3:0"),
        ("msg_after", "raw.summaries 3:0"),
    ]
    assert story.missing == (
        "1 original has gone, the row is what is left: the topic was made anew, another record has its place.",
    )


def test_nothing_is_known() -> None:
    """Nothing of a day within the index; not known of one before it, nor while it is empty."""
    empty = Product()
    assert asked(empty, day=LocalDay(DAY, UTC)).ending == NOTHING
    before = asked(empty, day=LocalDay(DAY - 30, UTC))
    assert before.ending == UNKNOWN
    assert "The index has what was processed from 2026-05-14 00:00:00 UTC" in before.sentence
    assert asked(empty, Reach(first_ms=0, as_of_ms=0, behind_s=0.0)).ending == UNKNOWN


def test_a_dead_letter_alone_is_no_delivery_of_a_day() -> None:
    """Its day is in its body alone: it may be of it, so nobody can tell; without a day it is one of that resource."""
    product = Product()
    product.deliver({**night(5, 1), "data": "no object"}, "msg_dead", MORNING_MS + DAY_MS)
    story = asked(product, day=LocalDay(DAY, UTC))
    assert (story.ending, exit_of(story)) == (UNKNOWN, CANNOT_TELL)
    assert story.sentence.startswith(
        "No delivery of sleep of 2026-06-03 in the user's clock (UTC+00:00) of this user is"
    )
    assert " is known. 1 dead letter of that time may be of it. The index has" in story.sentence
    assert [step.kind for step in story.steps] == ["dead_letter"]
    assert asked(product).ending == FOUND


@pytest.mark.parametrize(
    ("first_ms", "behind_s", "ending"),
    [
        (DAY * DAY_MS, 0.0, NOTHING),
        (DAY * DAY_MS + 1, 0.0, UNKNOWN),  # some may have come before
        (DAY * DAY_MS, 7200.0, UNKNOWN),
        (0, 0.0, UNKNOWN),
    ],
)
def test_nothing_is_said_only_of_what_is_read(first_ms: int, behind_s: float, ending: str) -> None:
    """Of a day, or a moment, that the index has from its beginning on, up to now."""
    reach = Reach(first_ms=first_ms, as_of_ms=(DAY + 1) * DAY_MS, behind_s=behind_s)
    of_day = asked(Product(), reach, day=LocalDay(DAY, UTC))
    assert of_day.ending == asked(Product(), reach, at_ms=DAY * DAY_MS).ending == ending
    assert bool(of_day.missing) == (ending == UNKNOWN)


def test_samples_that_name_no_offset() -> None:
    """They are filed under days of UTC, and are of the day that the user's clock showed at their times. Of a provider
    that sends that clock as if it were UTC, or where an offset is named, they are of the day that they name."""
    sample = {
        "timestamp": "2026-06-02T20:00:00Z",
        "value": 60,
        "unit": "bpm",
    }  # five in the morning of the 3rd in Tokyo
    product, patch = Product(), {"provider": "freestyle_libre", "type": "cgm"}
    for id, source, more in (("ring", RING, {}), ("patch", patch, {}), ("abroad", RING, {"timezone_offset": 32_400})):
        event = envelope("daily.data.heartrate.created", {"source": source, "data": [sample | more]})
        product.deliver(event, id, MORNING_MS)
    assert of_days(product, UserClock("Asia/Tokyo")) == [{"patch"}, {"ring", "abroad"}]
    assert of_days(product, UserClock("America/New_York")) == [{"ring", "patch"}, {"abroad"}]
    assert of_days(product, UserClock()) == [{"ring", "patch"}, {"abroad"}]


@pytest.mark.parametrize("clock", [UserClock(offset_s=7200), UserClock(offset_s=32_400), UserClock(offset_s=-18_000)])
def test_samples_that_name_an_offset_stay_where_they_were(clock: UserClock) -> None:
    """Half past eleven in the evening before the clocks went forward, or before the user flew: by the clock of now it
    would be of another day, also where the day is that of UTC."""
    sample = {"timestamp": "2026-06-02T22:30:00Z", "timezone_offset": 3600, "value": 60, "unit": "bpm"}
    early = sample | {"timestamp": "2026-06-02T01:30:00Z", "timezone_offset": 0}
    product = Product()
    for id, one in (("late", sample), ("early", early)):
        event = envelope("daily.data.heartrate.created", {"source": RING, "data": [one]})
        product.deliver(event, id, MORNING_MS)
    assert of_days(product, clock) == [{"late", "early"}, set()]


def test_an_interval_that_ends_with_the_day_is_of_no_other() -> None:
    """Its end is not in it; a sample at midnight is of the day that begins."""
    for last, found in ((22, [{"x"}, set()]), (23, [{"x"}, {"x"}])):
        end = f"2026-06-02T{last}:00:00Z"
        lasting = {"start": "2026-06-02T21:00:00Z", "timestamp": "2026-06-02T21:00:00Z", "end": end}
        product = Product()
        data = [{**lasting, "value": 60, "unit": "count"}]
        product.deliver(envelope("daily.data.steps.created", {"source": RING, "data": data}), "x", MORNING_MS)
        assert of_days(product, UserClock(offset_s=7200), "steps") == found


def of_days(product: Product, clock: UserClock, resource: str = "heartrate") -> list[set[str]]:
    """What is told of the day before, and of the day."""
    days = [LocalDay(number, clock) for number in (DAY - 1, DAY)]
    return [{step.evidence[0] for step in asked(product, resource=resource, day=day).steps} for day in days]


def test_history_of_a_day_before_the_index(product: Product) -> None:
    """Data of long ago that came lately are found, and what came at their time is said to be unknown."""
    old = {**night(3, 66)["data"], "calendar_date": "2020-01-05", "id": "old"}
    old |= {"bedtime_start": "2020-01-04T23:00:00Z", "bedtime_stop": "2020-01-05T06:00:00Z"}
    product.deliver(envelope("daily.data.sleep.created", old), "msg_old", MORNING_MS)
    story = asked(product, day=LocalDay(18_266, UTC))
    assert story.ending == FOUND
    assert story.missing[0].startswith("What came of 2020-01-05 at its time is not known.")


def test_without_the_originals_the_rows_are_left(product: Product) -> None:
    """Kafka away, or expired: the same deliveries, and a sentence with the reason for what is missing."""
    what = DataQuestion(user_id=USER, resource="sleep", day=LocalDay(DAY, UTC))
    away = dict.fromkeys(product.originals, NotKnown("Kafka does not answer"))
    story = story_of_data(what, product.of(USER, "sleep"), away, REACH)
    assert [step.kind for step in story.steps] == ["delivery"] * 4 + ["dead_letter"]
    assert story.missing == ("5 originals could not be read: Kafka does not answer.",)


def test_bounds() -> None:
    """The newest are told, and a sentence says how many there are."""
    product = Product()
    for number in range(ORIGINALS_MAX + 2):
        product.deliver(night(3, 70), f"msg_{number}", MORNING_MS + number)
    story = asked(product)
    assert len(story.steps) == STEPS_MAX
    assert story.steps[-1].evidence[0] == f"msg_{ORIGINALS_MAX + 1}"
    assert story.missing == (
        "Of 502 deliveries the newest 200 are told: name a day, an entity or a time.",
        "No more than 500 originals are read for one answer, the newest.",
    )


@given(st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_rows_does_not_matter(chance: random.Random, show_values: bool) -> None:
    """The same rows give the same story, however they come, and if some come twice."""
    made = WORLD
    what = DataQuestion(user_id=USER, resource="sleep", show_values=show_values)
    rows = [*made.of(USER, "sleep"), *chance.sample(made.of(USER, "sleep"), 2)]
    chance.shuffle(rows)
    assert story_of_data(what, rows, made.originals, REACH) == story_of_data(
        what, made.of(USER, "sleep"), made.originals, REACH
    )


def _world() -> Product:
    made = Product()
    for number, (score, hour) in enumerate([(70, 7), (71, 8), (70, 7), (71, 9), (72, 9), (73, 6)]):
        made.deliver(night(3, score, hour), f"msg_{number}", MORNING_MS + number)
    return made


WORLD = _world()
MARK = "plantedmarker"
NUMBER = 8_675_309


def test_no_value_is_shown_that_nobody_asked_for() -> None:
    """A marker in every value, and in names that a body brought: none of them in a story without values."""
    product = Product()
    marked = {"name": MARK, f"plantedmarker {NUMBER}": NUMBER, MARK.upper(): [MARK], "deep": {MARK: MARK}}
    for number, more in enumerate([{}, marked, {**marked, "efficiency": 90.5 + NUMBER}]):
        product.deliver(night(3, NUMBER + number, 7 + number, **more), f"msg_{number}", MORNING_MS + number)
        source = {"provider": "oura", "type": MARK.upper()}
        product.deliver(heartrate({10: NUMBER + number}, source), f"msg_h{number}", MORNING_MS + number)
    at_ms = DAY * DAY_MS + 3 * HOUR_MS + 10 * 60_000
    for question in ({"day": LocalDay(DAY, UTC)}, {"resource": "heartrate", "at_ms": at_ms}):
        hidden = json.dumps(asked(product, **question).as_json())
        assert len(hidden) > 1000
        assert MARK not in hidden.lower()
        assert str(NUMBER)[:-1] not in hidden
        shown = json.dumps(asked(product, **question, show_values=True).as_json())
        assert str(NUMBER)[:-1] in shown


def test_the_place_of_an_original_is_of_its_row(product: Product) -> None:
    """Evidence names the raw place, by which anybody can look."""
    first = asked(product).steps[0]
    assert first.evidence == ("msg_day_before", "raw.summaries 3:0")
    assert RawPlace("raw.summaries", 3, 0) in product.originals
