"""What is stored: windows, baselines and rows of users are functions of what was said, bounded, and read back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.alerts.episodes import baseline
from streams.alerts.episodes.crowded_minutes import OUTER_MAX, CrowdedMinutes, decode
from streams.alerts.episodes.marks import NEVER_US
from streams.alerts.episodes.occurrences import Occurrence
from streams.alerts.episodes.provenance import Provenance
from streams.alerts.episodes.window import MARKS_MAX, Window
from streams.alerts.lives import user
from streams.alerts.lives.user import NEW_USER, ClockVersion, PersonalBounds, RuleState, User
from streams.alerts.lives.user_clock import offset_us, quiet_until_us, with_clock
from streams.alerts.rules.rule import QuietHours
from streams.events.times import DAY_US, HOUR_US, MINUTE_US
from tests.alerts.stage import LOW, T0_US, USER, Stage, samples

WATCH = Provenance("garmin", "watch", "", "junction.raw.timeseries", 3, 7)
PHONE = Provenance("apple_health_kit", "phone", "", "junction.raw.timeseries", 3, 8)
seconds = st.lists(st.tuples(st.integers(0, 600), st.integers(40, 200)), max_size=60, unique_by=lambda one: one[0])


def crowds_in(rows: dict[int, bytes]) -> CrowdedMinutes:
    def write(minute: int, row: bytes | None) -> None:
        if row is None:
            del rows[minute]
        else:
            rows[minute] = row

    return CrowdedMinutes(rows.get, write)


def window(points: list[tuple[int, int]]) -> Window:
    made, crowds = Window(), crowds_in({})
    for second, value in points:
        made.add([(T0_US + second * 1_000_000, float(value))], WATCH, T0_US // 1000 + 700_000, DAY_US, DAY_US, crowds)
    return made


@given(seconds, st.randoms(use_true_random=False))
def test_a_window_forgets_the_order(points: list[tuple[int, int]], chance: Any) -> None:
    """Many samples a minute: the lowest and the highest of each minute stay, in whatever order they came."""
    shuffled = points * 2
    chance.shuffle(shuffled)
    marks = window(shuffled).marks
    assert [(m.time_us, m.value) for m in marks] == [(m.time_us, m.value) for m in window(sorted(points)).marks]
    for minute in {second // 60 for second, _ in points}:
        inside = [value for second, value in points if second // 60 == minute]
        kept = [m.value for m in marks if (m.time_us - T0_US) // MINUTE_US == minute]
        assert (min(kept), max(kept)) == (min(inside), max(inside))
        assert len(kept) <= 2


@given(seconds, seconds, st.randoms(use_true_random=False))
def test_a_correction_brings_back_what_counts_then(
    points: list[tuple[int, int]], newer: list[tuple[int, int]], chance: Any
) -> None:
    """When the highest or lowest of a minute is corrected the next one counts, as if the correction had come first."""
    corrected = {second: value for second, value in newer if second in dict(points)}
    late = dict(points) | corrected
    shuffled = list(corrected.items())
    chance.shuffle(shuffled)
    marks = window([*points, *shuffled]).marks
    assert [(m.time_us, m.value) for m in marks] == [(m.time_us, m.value) for m in window(list(late.items())).marks]


def test_crowded_minutes_are_bounded_and_go_with_the_window() -> None:
    """Of very many samples the outermost are kept; when the window has lost a minute, its row is deleted."""
    rows: dict[int, bytes] = {}
    made, crowds = Window(), crowds_in(rows)
    points = [(T0_US + n * 10_000, float(n % 1000)) for n in range(6000)]
    made.add(points, WATCH, T0_US // 1000 + 60_000, DAY_US, DAY_US, crowds)
    (kept,) = map(decode, rows.values())
    assert [sum(one.value < 500 for one in kept), len(kept)] == [OUTER_MAX, 2 * OUTER_MAX]
    assert {made.marks[0].value, made.marks[1].value} == {0.0, 999.0}
    later = [(T0_US + n * MINUTE_US, 5.0) for n in range(1, MARKS_MAX + 1)]
    made.add(later, WATCH, later[-1][0] // 1000, DAY_US, DAY_US, crowds)
    assert rows == {}
    assert made.add([(T0_US + 59_999_999, 1.0)], WATCH, later[-1][0] // 1000, DAY_US, DAY_US, crowds) is None
    assert made.too_old == 1


def test_a_window_is_bounded() -> None:
    """The newest marks stay; what is older than one that went is not taken in again."""
    made = Window()
    points = [(T0_US + n * MINUTE_US, float(n)) for n in range(MARKS_MAX + 10)]
    gone = made.add(points, WATCH, points[-1][0] // 1000, DAY_US, DAY_US, crowds_in({}))
    assert gone is not None
    assert [mark.value for mark in gone] == [float(n) for n in range(10)]
    assert made.add(points[:5], WATCH, points[-1][0] // 1000, DAY_US, DAY_US, crowds_in({})) is None
    assert made.too_old == 5
    assert len(made.encode()) < 4000
    assert Window.decode(made.encode()) == Window(made.sources, made.marks, made.past_us)


@given(
    st.sets(st.integers(0, 150), min_size=60), st.integers(1, 3), st.integers(1, 32), st.randoms(use_true_random=False)
)
def test_the_bounds_of_a_window_forget_the_order(minutes: set[int], each: int, makers: int, chance: Any) -> None:
    """More samples than MARKS_MAX, of up to SOURCES_MAX sources: the newest whole minutes stay, whatever the order."""
    points = [
        (T0_US + minute * MINUTE_US + n * 1_000_000, float(minute % 7 + n), (minute + n) % makers)
        for minute in minutes
        for n in range(each)
    ]

    def after(order: list[tuple[int, float, int]]) -> list[tuple[int, float, str]]:
        made, crowds = Window(), crowds_in({})
        for time_us, value, maker in order:
            said = Provenance(f"provider-{maker}", "watch", "", "junction.raw.timeseries", 0, 1)
            made.add([(time_us, value)], said, T0_US // 1000 + 151 * 60_000, DAY_US, DAY_US, crowds)
        return [(mark.time_us, mark.value, made.provenance(mark).provider) for mark in made.marks]

    kept = after(sorted(points))
    chance.shuffle(points)
    assert after(points) == kept
    newest = sorted(minutes)[-MARKS_MAX // min(each, 2) :] if each > 1 else sorted(minutes)[-MARKS_MAX:]
    assert {(time_us - T0_US) // MINUTE_US for time_us, _, _ in kept} == set(newest)


def test_a_window_keeps_what_rules_need_and_no_more() -> None:
    """Marks that no rule can look at any more go, though there is room."""
    made = Window()
    for n in range(48):
        moment = T0_US + n * HOUR_US
        made.add([(moment, 1.0)], WATCH, moment // 1000, 2 * HOUR_US, 4 * HOUR_US, crowds_in({}))
    assert len(made.marks) == 5
    assert made.past_us == made.marks[0].time_us - HOUR_US


def test_many_sources_are_bounded() -> None:
    """A stranger's many source names do not grow the row; what is in use keeps its own."""
    made, crowds = Window(), crowds_in({})
    for n in range(500):
        said = Provenance(f"provider-{n}", "watch", "", "junction.raw.timeseries", 0, n)
        made.add([(T0_US + n * MINUTE_US, 1.0 * n)], said, (T0_US + n * MINUTE_US) // 1000, DAY_US, DAY_US, crowds)
    assert len(made.sources) <= 32
    assert made.provenance(made.marks[-1]).provider == "provider-499"


days_of_points = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 1439), st.integers(40, 90)),
    max_size=80,
    unique_by=lambda one: one[:2],
)


@given(days_of_points, st.randoms(use_true_random=False))
def test_a_baseline_forgets_the_order(points: list[tuple[int, int, int]], chance: Any) -> None:
    """Which values of a day are kept follows from their times; a repetition changes nothing."""

    def learned(order: list[tuple[int, int, int]]) -> baseline.Days:
        days: baseline.Days = {}
        for day, minute, value in order:
            baseline.add(days, [(day * DAY_US + minute * MINUTE_US, float(value))], Provenance(), 100 * DAY_US)
        return days

    shuffled = points * 2
    chance.shuffle(shuffled)
    assert learned(shuffled) == learned(points)
    assert all(len(kept) <= baseline.PER_DAY for kept in learned(points).values())
    assert baseline.decode(baseline.encode(learned(points))) == learned(points)


@given(days_of_points, days_of_points, st.randoms(use_true_random=False))
def test_sources_of_a_baseline_do_not_overwrite_each_other(
    watch: list[tuple[int, int, int]], phone: list[tuple[int, int, int]], chance: Any
) -> None:
    """Samples of two sources at one moment are two, whichever came last."""
    both = [(WATCH, *one) for one in watch] + [(PHONE, *one) for one in phone]

    def learned(order: list[tuple[Provenance, int, int, int]]) -> baseline.Days:
        days: baseline.Days = {}
        for said, day, minute, value in order:
            baseline.add(days, [(day * DAY_US + minute * MINUTE_US, float(value))], said, 100 * DAY_US)
        return days

    in_order = learned(both)
    chance.shuffle(both)
    assert learned(both) == in_order
    assert baseline.decode(baseline.encode(in_order)) == in_order


def test_a_baseline_of_before_is_read_and_counts_nothing_twice() -> None:
    """Rows whose hashes are of times alone: their values count, and one that is told again gives up its place."""
    stored = bytes.fromhex("0181cd507f9292cec463d1f0cb404e80000000000092cec7451b61cb404e000000000000")
    days = baseline.decode(stored)
    assert [value for _, value in days[T0_US // DAY_US]] == [61.0, 60.0]
    assert baseline.add(days, [(T0_US, 70.0)], WATCH, 10**18)
    assert sorted(value for _, value in days[T0_US // DAY_US]) == [61.0, 70.0]
    baseline.add(days, [(T0_US, 80.0)], PHONE, 10**18)
    assert sorted(value for _, value in days[T0_US // DAY_US]) == [61.0, 70.0, 80.0]


def test_a_baseline_is_that_of_the_days_before() -> None:
    """The day itself and days out of the window do not count; too few days are none."""
    days: baseline.Days = {}
    baseline.add(days, [(n * DAY_US, 60.0 + n % 2) for n in range(1, 11)], Provenance(), 100 * DAY_US)
    assert baseline.baseline_of(days, 11, 28, 7) == pytest.approx((60.5, 0.605), abs=0.2)
    assert baseline.baseline_of(days, 10, 28, 10) is None
    assert baseline.baseline_of(days, 50, 28, 1) is None


def test_a_summary_has_one_value_in_the_baseline() -> None:
    """A new version of it takes the place of the one before, also when its day is another one."""
    days: baseline.Days = {}
    baseline.add(days, [(5 * DAY_US, 60.0)], Provenance(entity="s1"), 100 * DAY_US)
    assert baseline.add(days, [(6 * DAY_US, 61.0)], Provenance(entity="s1"), 100 * DAY_US)
    assert [(day, [value for _, value in kept]) for day, kept in days.items()] == [(6, [61.0])]
    assert not baseline.add(days, [(6 * DAY_US, 61.0)], Provenance(entity="s1"), 100 * DAY_US)


def test_a_row_of_a_user_is_read_back() -> None:
    """All that a row may hold survives its bytes, which begin with their format."""
    full = NEW_USER._replace(
        zone="Europe/Madrid",
        personal={"r": PersonalBounds(3.5, None, True)},
        rules={"r": RuleState(1, occurrences=(Occurrence(1, "s", WATCH, None),), timer_ms=5)},
    )
    assert user.decode(user.encode(full)) == full
    assert user.encode(full)[0] == 1
    assert user.decode(None) == NEW_USER


def test_where_the_clock_stands() -> None:
    """A zone that a person gave counts most, then the newest offset of data, then a zone that data said."""
    seen = with_clock(NEW_USER, "Europe/Madrid", None, ClockVersion(T0_US))
    assert offset_us(seen, T0_US) == 2 * HOUR_US  # summer
    moved = with_clock(seen, None, -14_400, ClockVersion(T0_US))
    assert offset_us(moved, T0_US) == -4 * HOUR_US
    assert with_clock(moved, None, 7200, ClockVersion(T0_US - 1)) is moved
    assert offset_us(moved._replace(zone="Asia/Tokyo", is_zone_given=True), T0_US) == 9 * HOUR_US
    assert with_clock(NEW_USER, "No/Such", 999_999, ClockVersion(T0_US)) is NEW_USER
    assert offset_us(NEW_USER, T0_US) is None


@pytest.mark.parametrize("offset_s", [50_401, -50_401, 54_000, 64_800])
def test_an_offset_that_no_clock_has(offset_s: int) -> None:
    """The easternmost zone is at +14:00: beyond, data say nothing, as in clean records."""
    assert with_clock(NEW_USER, None, offset_s, ClockVersion(T0_US)) is NEW_USER
    assert with_clock(NEW_USER, None, 50_400, ClockVersion(T0_US)).offset_s == 50_400


PLACES = st.builds(
    ClockVersion,
    st.integers(0, 4),
    st.sampled_from([("garmin", "watch", ""), ("oura", "ring", "s1")]),
    st.tuples(st.just(NEVER_US), st.integers(0, 3)),
)
clocks = st.tuples(
    st.sampled_from([None, "Europe/Berlin", "America/New_York"]), st.sampled_from([None, -3600, 0, 3600])
)


@given(st.lists(st.tuples(clocks, PLACES), max_size=8), st.randoms(use_true_random=False))
def test_the_newest_record_says_where_the_clock_stands(said: list[Any], chance: Any) -> None:
    """In whatever order they come: of zones and of offsets that of the latest time, source and version counts."""

    def after(order: list[Any]) -> User:
        user = NEW_USER
        for (zone, offset_s), place in order:
            user = with_clock(user, zone, offset_s, place)
        return user

    shuffled = said * 2
    chance.shuffle(shuffled)
    assert after(shuffled) == after(said)
    newest_offset = max(((place, offset) for (_, offset), place in said if offset is not None), default=None)
    newest_zone = max(((place, zone) for (zone, _), place in said if zone), default=None)
    assert after(said).offset_s == (newest_offset and newest_offset[1])
    assert after(said).zone == (newest_zone[1] if newest_zone else "")


def test_the_same_offset_again_is_remembered_as_newer() -> None:
    """One that comes late, from between the two, does not move the clock."""
    first = with_clock(NEW_USER, None, 3600, ClockVersion(1))
    assert with_clock(with_clock(first, None, 3600, ClockVersion(5)), None, 7200, ClockVersion(3)).offset_s == 3600


def test_a_row_of_a_user_of_before_is_read() -> None:
    """Without places of zone and offset: the offset has its time, and any data say a newer zone."""
    stored = bytes.fromhex(
        "0198ad4575726f70652f4d6164726964c2cd0e10cf000653582ac45000a163a08081a1729607d380000000000000009490c000d3800000000000000090"
        "9005"
    )
    read = user.decode(stored)
    assert (read.zone, read.offset_s, read.client_user_id) == ("Europe/Madrid", 3600, "c")
    assert read.rules["r"].timer_ms == 5
    assert user.decode(user.encode(read)) == read
    assert with_clock(read, None, 7200, ClockVersion(T0_US - 1)) == read
    assert with_clock(read, "Asia/Tokyo", 7200, ClockVersion(T0_US + 1))[:3] == ("Asia/Tokyo", False, 7200)


def test_quiet_hours_over_midnight() -> None:
    """They end at the user's morning, whatever the UTC hour is."""
    quiet, east = QuietHours(22 * 60, 7 * 60), NEW_USER._replace(offset_s=3600)
    nine_utc, ten_utc = T0_US + 9 * HOUR_US, T0_US + 10 * HOUR_US  # 21:00 and 22:00 UTC
    assert quiet_until_us(NEW_USER, quiet, nine_utc) is None
    assert quiet_until_us(NEW_USER, quiet, ten_utc) == ten_utc + 9 * HOUR_US
    assert quiet_until_us(east, quiet, nine_utc) == nine_utc + 9 * HOUR_US
    assert quiet_until_us(east, None, nine_utc) is None


def test_personal_bounds() -> None:
    """A user's own bound counts, moves the calm one along, and a rule can be off for one user."""
    stage = Stage([LOW])

    def own(personal: PersonalBounds | None) -> None:
        draft = stage.draft(stage.now_us)
        stage.watch.set_bounds(draft, USER, "glucose-low", personal)
        stage.commit(draft)

    own(PersonalBounds(3.0))
    stage.see("glucose", samples([(0, 3.5), (5, 3.5)]))
    assert stage.alerts == []
    stage.see("glucose", samples([(10, 2.9), (15, 2.8)]))
    assert stage.lives() == [("glucose-low", "opened", None)]
    stage.see("glucose", samples([(20, 3.4)]))
    assert len(stage.alerts) == 1  # calm begins at 3.5 for this user
    own(PersonalBounds(3.0, None, True))
    assert stage.lives()[1:] == [("glucose-low", "resolved", "rule_gone")]
    stage.see("glucose", samples([(25, 2.0), (30, 2.0)]))
    assert len(stage.alerts) == 2
    own(None)
    stage.see("glucose", samples([(35, 3.6), (40, 3.6)]))
    assert stage.lives()[2:] == [("glucose-low", "opened", None)]


def test_an_open_alert_survives_a_change_of_its_rule() -> None:
    """Other bounds: the open alert stays the same one, and ends by the new rule."""
    stage = Stage([LOW])
    (opened,) = stage.see("glucose", samples([(0, 3.5), (5, 3.5)]))
    stage.use([LOW | {"below": "3.0 mmol/L", "clear_above": "3.2 mmol/L"}])
    (resolved,) = stage.see("glucose", samples([(10, 3.6)]))
    assert (resolved["id"], resolved["resolution"]) == (opened["id"], "cleared")
    stage.use([LOW])
    assert stage.see("glucose", samples([(15, 5.0)])) == []
