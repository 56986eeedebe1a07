"""Whose clock a user lives by."""

from typing import Any

import pytest

from streams.lineage.data.clocks import clock_of
from streams.lineage.data.days import UserClock
from streams.lineage.data.originals import read_all
from tests.lineage.product import Product
from tests.strategies import envelope

AT_MS = 1_780_500_000_000
BERLIN = UserClock(zone="Europe/Berlin")


def activity(provider: str = "oura", **data: Any) -> dict[str, Any]:
    told = {"id": "a", "calendar_date": "2026-06-03", "steps": 5, "source": {"provider": provider, "type": "ring"}}
    return envelope("daily.data.activity.created", {**told, **data})


def glucose(provider: str, offset_s: int | None) -> dict[str, Any]:
    sample = {"timestamp": "2026-06-03T03:00:00Z", "value": 5.1, "unit": "mmol/L", "timezone_offset": offset_s}
    source = {"provider": provider, "type": "cgm"}
    return envelope("daily.data.glucose.created", {"source": source, "data": [sample]})


@pytest.mark.parametrize(
    ("events", "clock"),
    [
        ([], UserClock()),
        ([activity(time_zone="Europe/Berlin")], BERLIN),
        ([activity(time_zone="Nowhere/Land", timezone_offset=3600)], UserClock(offset_s=3600)),
        ([activity(timezone_offset=3600), activity(timezone_offset=7200)], UserClock(offset_s=7200)),
        ([activity(time_zone="Europe/Berlin"), activity(timezone_offset=0)], BERLIN),  # a zone knows its summers
        ([activity(timezone_offset=99_999_999)], UserClock()),
        ([glucose("dexcom", -3600)], UserClock(offset_s=-3600)),
        ([glucose("dexcom", None)], UserClock()),
        ([glucose("freestyle_libre", 0)], UserClock()),  # its UTC is none
    ],
)
def test_the_newest_word_counts(events: list[dict[str, Any]], clock: UserClock) -> None:
    """A zone before an offset; nothing of those who send the user's clock as UTC."""
    product = Product()
    for number, event in enumerate(events):
        product.deliver(event, f"msg_{number}", AT_MS + number)
    assert clock_of(read_all(product.rows, product.originals)) == clock
