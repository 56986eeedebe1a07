"""Partitions of samples by month."""

import hypothesis
import pytest
from hypothesis import strategies as st

from connectors.postgres.tables import months
from streams.events.times import micros


@pytest.mark.parametrize(
    ("time", "suffix"),
    [
        ("2026-05-31T23:59:59.999999Z", "2026_05"),
        ("2026-06-01T00:00:00Z", "2026_06"),
        ("2026-12-31T23:59:59Z", "2026_12"),
        ("1990-01-01T00:00:00Z", "1990_01"),
        ("1989-12-31T23:59:59.999999Z", "before"),
        ("0001-01-01T00:00:00Z", "before"),
        ("2099-12-31T23:59:59.999999Z", "2099_12"),
        ("2100-01-01T00:00:00Z", "after"),
    ],
)
def test_the_month_of_a_time(time: str, suffix: str) -> None:
    """In UTC. Years that nobody lives in share a partition: a broken clock makes two, not thousands."""
    assert months.month_of(micros(time)[0]) == suffix


@hypothesis.given(st.integers(-(2**63), 2**63 - 1))
def test_every_time_has_a_partition_that_holds_it(time_us: int) -> None:
    """Bounds that meet: the start is in it, the end is not."""
    bounds = months.month(months.month_of(time_us))
    if bounds.start != "MINVALUE":
        assert micros(bounds.start.strip("'"))[0] <= time_us
    if bounds.end != "MAXVALUE":
        assert time_us < micros(bounds.end.strip("'"))[0]
