"""Times as they may be written, and the numbers that they are; also those that no datetime holds as written."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import times
from streams.events.times import DAY_US, micros

SECOND_US = 1_000_000
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999  # of the years 1 and 9999
LAST_MS = LAST_US // 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize("sign", ["T", "t", " "])
@pytest.mark.parametrize("rest", [":00", ":00:00", ":00:00.000", ":00:00Z", ":00Z", ":00:00+02:00", ":00-0500"])
def test_the_end_of_a_day_is_the_beginning_of_the_next(sign: str, rest: str) -> None:
    """ISO 8601 writes midnight as 24:00, too: a sample at that time is not lost."""
    assert micros(f"2026-02-28{sign}24{rest}") == micros(f"2026-03-01{sign}00{rest}")


@given(st.datetimes(), st.sampled_from(["", "Z", "+01:00"]), st.sampled_from(["", ".5", ".123456"]))
def test_a_leap_second_is_the_first_of_the_next_minute(moment: object, zone: str, part: str) -> None:
    """RFC 3339, 5.7: as Unix time counts it."""
    minute = str(moment)[:16]
    try:
        at, has_offset = micros(f"{minute}:59{part}{zone}")
        expected = micros(f"{minute}:60{part}{zone}")
    except ValueError:  # at the ends of the calendar
        assert minute[:4] in ("0001", "9999")
        return
    assert expected == (at + SECOND_US, has_offset)


@pytest.mark.parametrize("text", ["2026-02-28T24:00:01", "2026-02-28T24:30", "2026-02-28T25:00", "2026-02-28T10:00:61"])
def test_what_no_clock_shows_is_no_time(text: str) -> None:
    """Nothing else beyond the last second of a day or a minute is read."""
    with pytest.raises(ValueError, match=r"."):
        micros(text)


def test_a_day_has_a_day() -> None:
    """The two ways to write a midnight lie a day apart where they name the same date."""
    assert micros("2026-02-28T24:00Z")[0] - micros("2026-02-28T00:00Z")[0] == DAY_US


@given(st.datetimes(timezones=zones))
def test_a_moment_is_its_distance_from_1970(moment: datetime) -> None:
    """Exact in whatever zone it is said, one by one and all at once, as a text and back."""
    expected = (moment - EPOCH) // timedelta(microseconds=1)
    assert times.since_epoch(moment) == expected
    assert times.all_since_epoch([moment, EPOCH]) == [expected, 0]
    if FIRST_US <= expected <= LAST_US:
        assert micros(moment.isoformat()) == (expected, True)
        assert micros(times.text(expected)) == (expected - expected % SECOND_US, True)


whole_seconds = st.datetimes(datetime(1970, 1, 2), datetime(2106, 2, 6)).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(st.lists(st.one_of(whole_seconds, st.datetimes()), max_size=40), zones)
def test_many_moments_are_what_they_are_one_by_one(moments: list[datetime], zone: tzinfo) -> None:
    """Whole seconds of our days, which are counted all at once, and whatever else stands among them."""
    aware = [moment.replace(tzinfo=zone) for moment in moments]
    whole = [moment for moment in aware if not moment.microsecond and 1970 < moment.year < 2106]
    for some in (aware, whole):
        assert times.all_since_epoch(some) == [times.since_epoch(moment) for moment in some]


@pytest.mark.parametrize("n", [8, 15, 16, 40])
def test_one_fraction_before_whole_seconds(n: int) -> None:
    """It is kept, whichever it is: its bytes must not be taken for the beginning of the next moment."""
    whole = [EPOCH + timedelta(days=20_000, seconds=second) for second in range(n)]
    expected = [times.since_epoch(moment) for moment in whole]
    for micro in range(1, SECOND_US, 101):
        found = times.all_since_epoch([whole[0].replace(microsecond=micro), *whole[1:]])
        assert found == [expected[0] + micro, *expected[1:]]


@pytest.mark.parametrize("odd", [None, datetime(2026, 6, 3), 1, "2026-06-03T10:00:00Z"])
def test_many_moments_are_all_moments(odd: Any) -> None:
    """What is none of them, or has no offset, is refused wherever it stands."""
    for place in range(10):
        with pytest.raises(TypeError):
            times.all_since_epoch([*[EPOCH] * place, odd, *[EPOCH] * (9 - place)])


@pytest.mark.parametrize(
    "text", ["1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2106-02-07T06:28:15Z", "2106-02-07T06:28:16Z"]
)
def test_the_first_and_last_of_many_whole_seconds(text: str) -> None:
    """What four bytes can hold, and what they cannot, is read alike."""
    moment = datetime.fromisoformat(text)
    assert times.all_since_epoch([moment] * 10) == [times.since_epoch(moment)] * 10


@given(st.datetimes())
def test_a_time_without_an_offset_is_one_in_utc(moment: datetime) -> None:
    """And it is told that it had none."""
    expected = times.since_epoch(moment.replace(tzinfo=UTC))
    assert micros(moment.isoformat()) == (expected, False)


@pytest.mark.parametrize(("part", "rest_us"), [(".0000004", 0), (".0000009", 1), (".9999999", SECOND_US)])
def test_a_finer_fraction_is_rounded(part: str, rest_us: int) -> None:
    """To the nearest microsecond, over the end of a second if need be."""
    assert micros(f"1970-01-01T00:00:00{part}Z") == (rest_us, True)


@pytest.mark.parametrize(
    ("text", "at_us"),
    [
        ("0001-01-01T00:00:00Z", FIRST_US),
        ("9999-12-31T23:59:59.999999Z", LAST_US),
        ("0001-01-01T00:00:00+00:01", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("9999-12-31T24:00:00Z", None),
        ("9999-12-31T23:59:60Z", None),
    ],
)
def test_the_ends_of_the_calendar(text: str, at_us: int | None) -> None:
    """What an offset, or a midnight, pushes over them is refused: no reader could show it."""
    if at_us is not None:
        assert micros(text) == (at_us, True)
        return
    with pytest.raises(ValueError, match=r"^outside the years 1 to 9999$"):
        micros(text)


def test_a_time_for_people() -> None:
    """To the second, in UTC; what no datetime can hold is shown as the number that it is."""
    assert times.text(1_500_000) == "1970-01-01T00:00:01+00:00"
    assert times.text(FIRST_US) == "0001-01-01T00:00:00+00:00"
    assert times.text(LAST_US) == "9999-12-31T23:59:59+00:00"
    assert (times.text(FIRST_US - 1), times.text(LAST_US + 1)) == (f"{FIRST_US - 1} us", f"{LAST_US + 1} us")


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.2349Z", 1234),
        ("9999-12-31T23:59:59.999999Z", LAST_MS),
        ("1969-12-31T23:59:59.9999Z", None),
        ("soon", None),
    ],
)
def test_a_header_is_a_moment_or_none(text: str, at_ms: int | None) -> None:
    """Whole milliseconds from 1970 on; anything else is no time."""
    assert times.millis(text) == at_ms


@pytest.mark.parametrize(("said", "at_ms"), [(0, 0), (-1, None), (LAST_MS, LAST_MS), (LAST_MS + 1, None)])
def test_what_a_clock_may_say(said: int, at_ms: int | None) -> None:
    """From 1970 to the end of 9999, both included."""
    assert times.clock_ms(said) == at_ms


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1970-01-01", 0),
        ("1969-12-31", -1),
        ("2026-06-03", 20_607),
        ("2026-06-03T23:59", 20_607),
        ("2026-06-03 1", 20_607),
    ],
)
def test_a_date_is_a_number_of_days(text: str, number: int) -> None:
    """A time behind it is ignored."""
    assert times.days(text) == number == times.day_number(date.fromisoformat(text[:10]))


@pytest.mark.parametrize("text", ["2026-06-031", "2026-06-03X10:00", "2026-06-3", "2026-02-30", "soon", ""])
def test_what_is_no_date(text: str) -> None:
    """Neither a longer word nor a day that no month has."""
    with pytest.raises(ValueError, match=r"."):
        times.days(text)


def test_seconds_and_days_as_text() -> None:
    """Rounded down, with four digits of a year; what no calendar has is an error, not another form."""
    assert times.rfc3339_seconds(1_999_999) == "1970-01-01T00:00:01Z"
    assert times.rfc3339_seconds(-1) == "1969-12-31T23:59:59Z"
    assert times.rfc3339_seconds(FIRST_US) == "0001-01-01T00:00:00Z"
    assert times.rfc3339_seconds(LAST_US) == "9999-12-31T23:59:59Z"
    assert times.day_text(LAST_US // DAY_US) == "9999-12-31"
    assert times.day_text(-1) == "1969-12-31"
    for write, value in ((times.rfc3339_seconds, LAST_US + 1), (times.day_text, LAST_US // DAY_US + 1)):
        with pytest.raises(OverflowError):
            write(value)
