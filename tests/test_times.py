"""Times that are allowed, though no datetime holds them as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.times import DAY_US, micros

SECOND_US = 1_000_000


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
