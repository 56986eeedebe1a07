"""Local time: days and offsets where they can be known, floating times placed and never moved, odd times kept."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.times import DAY_US, EPOCH, MICRO, day_number
from streams.payloads import local_time
from streams.payloads.local_time import LocalTime
from streams.tables.sources import Policy
from tests.folding import Worker
from tests.strategies import envelope

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
]
AT_MS = 1_780_480_800_000  # 2026-06-03T10:00:00Z
LIBRE = {"provider": "freestyle_libre", "type": "automatic"}
SOURCE = {"provider": "garmin", "type": "watch"}
MIN_US, MAX_US = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 to 9999


def us(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // MICRO


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


@pytest.mark.parametrize(
    ("moment", "offset_h"),
    [("2026-03-29T00:59:59+00:00", 1), ("2026-03-29T01:00:00+00:00", 2), ("2026-10-25T01:00:00+00:00", 1)],
)
def test_summer_time_begins_and_ends_at_a_moment(moment: str, offset_h: int) -> None:
    """The clock is moved at 1:00 UTC."""
    assert local_time.offset_at(local_time.zone("Europe/Berlin"), us(moment)) == offset_h * 3600


@pytest.mark.parametrize(
    ("wall", "offset_h"),
    [("2026-03-29T01:59", 1), ("2026-03-29T02:30", 1), ("2026-03-29T03:00", 2), ("2026-10-25T02:30", 2)],
)
def test_the_clock_on_the_wall_when_it_is_moved(wall: str, offset_h: int) -> None:
    """An hour that comes twice is its first time; one that does not come is read as if nothing had been moved yet."""
    assert local_time.offset_on_clock(local_time.zone("Europe/Berlin"), us(f"{wall}+00:00")) == offset_h * 3600


@given(st.integers(MIN_US, MAX_US), st.sampled_from(ZONES))
def test_wall_and_utc_lead_to_each_other(time_us: int, name: str) -> None:
    """Any time that a record can hold, no error; and but for an hour that comes twice the way back is the way there."""
    where = local_time.zone(name)
    offset_s = local_time.offset_at(where, time_us)
    if offset_s is None:
        return  # where the calendar ends
    wall_us = time_us + offset_s * 1_000_000
    back = local_time.offset_on_clock(where, wall_us)
    if back is not None and back != offset_s:
        assert abs(back - offset_s) <= 24 * 3600  # a date line that moved, a clock set back
        assert local_time.offset_at(where, wall_us - back * 1_000_000) == back
    assert local_time.day_of(time_us, offset_s) == wall_us // DAY_US


@given(
    st.text(max_size=80) | st.sampled_from(["../etc/passwd", "/etc/passwd", "America", "", "Europe/Berlin\0", "posix"])
)
def test_any_text_is_a_zone_or_none(name: str) -> None:
    """Junction's words may be anything; none leaves the folder of zones, and none is an error."""
    where = local_time.zone(name)
    assert where is None or isinstance(where, ZoneInfo)


@pytest.mark.parametrize(
    ("offset_s", "expected"),
    [(None, None), (0, 0), (50_400, 50_400), (-43_200, -43_200), (50_401, None), (7_200_000, None)],
)
def test_offsets_that_a_clock_can_have(offset_s: int | None, expected: int | None) -> None:
    """Up to 14 hours; a number beyond that, milliseconds for example, places nothing."""
    assert local_time.offset_of(offset_s) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (("2026-06-01T00:00", "2026-06-03T00:00"), 7200),
        (("2026-03-28T00:00", "2026-03-30T00:00"), None),
        (("2026-01-01T00:00", "2026-12-31T00:00"), None),
        (("1000-01-01T00:00", "2026-12-31T00:00"), None),
    ],
)
def test_one_offset_of_a_span(span: tuple[str, str], expected: int | None) -> None:
    """Where the clock is moved within it there is none, even if it ends as it began."""
    first, last = (us(f"{text}+00:00") for text in span)
    assert local_time.offset_over(local_time.zone("Europe/Berlin"), first, last) == expected


NIGHT = {"session_start_at": us("2026-06-03T21:30:00+00:00"), "session_end_at": us("2026-06-04T05:00:00+00:00")}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"calendar_date": 5, "timezone_offset_s": 7200, "time_zone": "America/New_York"}, LocalTime(5, 7200)),
        ({"calendar_date": day("2026-06-03"), "time_zone": "Europe/Berlin"}, LocalTime(day("2026-06-03"), 7200)),
        ({"calendar_date": 5, "time_zone": "Atlantis/Capital"}, LocalTime(5, None)),
        ({"calendar_date": 5, "timezone_offset_s": 7_200_000}, LocalTime(5, None)),
        ({**NIGHT, "time_zone": "Europe/Berlin"}, LocalTime(day("2026-06-04"), 7200)),
        ({**NIGHT, "time_zone": "Pacific/Pago_Pago"}, LocalTime(day("2026-06-03"), -39_600)),
        (NIGHT, LocalTime(None, None)),
        ({"period_start": 9}, LocalTime(9, None)),
        ({}, LocalTime(None, None)),
    ],
)
def test_where_a_summary_lies(fields: dict[str, Any], place: LocalTime) -> None:
    """The day as sent, else that on which a session ended on the local clock; the offset as sent, else the zone's."""
    assert local_time.of_summary(fields, None, is_floating=False) == place


def test_a_floating_summary_is_local_as_it_is() -> None:
    """Its day is the one that its times say; its offset is that of the user's zone, if known."""
    eaten = {"eaten_at": us("2026-06-03T23:30:00+00:00")}
    assert local_time.of_summary(eaten, None, is_floating=True) == LocalTime(day("2026-06-03"), None)
    assert local_time.of_summary(eaten, local_time.zone("Asia/Kathmandu"), is_floating=True) == LocalTime(
        day("2026-06-03"), 20_700
    )


# Whole events.


def series(source: dict[str, Any], *times: str, **sample: Any) -> dict[str, Any]:
    rows = [{"timestamp": time, "value": 5.5, **sample} for time in times]
    return envelope("daily.data.glucose.created", {"source": source, "data": rows})


def active(zone: str) -> dict[str, Any]:
    data = {"id": zone, "calendar_date": "2026-06-03", "time_zone": zone, "source": SOURCE}
    return envelope("daily.data.activity.created", data)


def one(worker: Worker, event: Any, **how: Any) -> dict[str, Any]:
    (record,) = [c.record for c in worker.deliver(event, **{"at_ms": AT_MS, **how}) if c.topic == "glucose"]
    return record


def for_ever() -> Worker:
    """One that forgets nothing, so that old samples and new ones leave in one record."""
    return Worker(policy=Policy(window_days=0))


PLACED = ("is_floating_time", "time_zone", "local_offset_s", "first_local_date", "last_local_date")


def test_floating_times_are_placed_once_the_zone_is_known() -> None:
    """Their times stay what they were, so that keys do not change; the user's zone tells how far they are from UTC."""
    worker = Worker()
    wall = "2026-06-03T23:30:00+00:00"
    before = one(worker, series(LIBRE, wall))
    assert [before[name] for name in PLACED] == [True, None, None, date(2026, 6, 3), date(2026, 6, 3)]
    worker.deliver(active("Asia/Kathmandu"), id="m2", at_ms=AT_MS)
    assert worker.deliver(series(LIBRE, wall), id="m3", at_ms=AT_MS + 1) == []  # the same sample, zone or not
    after = one(worker, series(LIBRE, wall, value=6.0), id="m4", at_ms=AT_MS + 2)
    assert [after[name] for name in PLACED] == [True, "Asia/Kathmandu", 20_700, date(2026, 6, 3), date(2026, 6, 3)]
    assert after["times"] == before["times"] == [datetime.fromisoformat(wall)]


def test_a_zone_is_only_for_floating_times() -> None:
    """Other providers' samples have the offset that they say, or none."""
    worker = Worker(policy=Policy(fallback_time_zone="Asia/Kathmandu"))
    worker.deliver(active("Europe/Berlin"), at_ms=AT_MS)
    record = one(worker, series(SOURCE, "2026-06-03T23:30:00+00:00"), id="m2")
    assert [record[name] for name in PLACED] == [False, None, None, None, None]


def test_a_fallback_zone_is_a_setting() -> None:
    """For users of whom no zone is known."""
    worker = Worker(policy=Policy(fallback_time_zone="Europe/Berlin"))
    assert one(worker, series(LIBRE, "2026-06-03T10:00:00+00:00"))["local_offset_s"] == 7200
    worker.deliver(active("America/New_York"), id="m2", at_ms=AT_MS)
    assert one(worker, series(LIBRE, "2026-06-03T11:00:00+00:00"), id="m3")["local_offset_s"] == -14_400


@given(st.lists(st.tuples(st.sampled_from(ZONES), st.integers(0, 3)), min_size=1, max_size=5), st.randoms())
def test_the_newest_zone_counts(said: list[tuple[str, int]], random: Any) -> None:
    """Whatever the order of deliveries: that of the newest day, of several the last by name."""
    said = list(dict.fromkeys(said))
    newest = max((days, name) for name, days in said)[1]
    random.shuffle(said)
    worker = Worker()
    for n, (name, days) in enumerate(said):
        worker.deliver(active(name), id=f"m{n}", at_ms=AT_MS + days * 86_400_000)
    assert one(worker, series(LIBRE, "2026-06-03T10:00:00+00:00"), id="last")["time_zone"] == newest


@given(
    st.lists(st.integers(MIN_US + 2 * DAY_US, MAX_US - 2 * DAY_US), min_size=1, max_size=5, unique=True),
    st.integers(-50_400, 50_400),
)
def test_local_days_of_samples(times_us: list[int], offset_s: int) -> None:
    """Of the first and last sample, for any offset that there is, at any time; nothing is too old to be known."""
    moments = [EPOCH + time_us * MICRO for time_us in sorted(times_us)]
    event = series(SOURCE, *(moment.isoformat() for moment in moments), timezone_offset=offset_s)
    record = one(for_ever(), event)
    local_days = [(moment + timedelta(seconds=offset_s)).date() for moment in moments]
    assert (record["first_local_date"], record["last_local_date"]) == (local_days[0], local_days[-1])
    assert record["local_offset_s"] == offset_s
    assert [moment.astimezone(UTC) for moment in record["times"]] == moments


def test_odd_times_are_kept_and_named() -> None:
    """A sample before 1970, or days after it was delivered, leaves like any other; its record says so."""
    record = one(for_ever(), series(SOURCE, "1969-12-31T23:59:59Z", "2026-06-03T10:00:00Z", "2999-01-01T00:00:00Z"))
    assert len(record["times"]) == 3
    assert record["problems"] == [
        "$.data.data[].timestamp: before 1970", "$.data.data[].timestamp: after its delivery",
    ]  # fmt: skip
    assert one(Worker(), series(SOURCE, "2026-06-04T10:00:00Z"))["problems"] == []


def test_odd_times_of_a_summary_are_named() -> None:
    """A predicted cycle may lie ahead; an activity may not."""
    for fields, expected in (
        ({"id": "1", "calendar_date": "2999-01-01"}, ["$.data: after its delivery"]),
        ({"id": "1", "calendar_date": "1950-01-01"}, ["$.data: before 1970"]),
        ({"id": "1", "calendar_date": "2026-06-03"}, []),
    ):
        event = envelope("daily.data.activity.created", {**fields, "source": SOURCE})
        (record,) = [c.record for c in Worker().deliver(event, at_ms=AT_MS) if c.topic == "activity"]
        assert record["problems"] == expected
    cycle = {"id": "1", "period_start": "2027-01-01", "is_predicted": True, "source": SOURCE}
    found = Worker().deliver(envelope("daily.data.menstrual_cycle.created", cycle), at_ms=AT_MS)
    assert [c.record["problems"] for c in found if c.topic == "menstrual_cycle"] == [[]]
