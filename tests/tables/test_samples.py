"""What a whole delivery of samples was worth beside what had been told before."""

from collections.abc import Callable
from typing import Any

from streams.tables.samples import SampleVerdicts, judge
from tests.payloads.test_decode import heartrate, read_series

EARLIER, LATER = "2026-06-03T10:00:00+00:00", "2026-06-03T10:01:00+00:00"


def beats(**values: float) -> list[dict[str, Any]]:
    times = {"first": EARLIER, "second": LATER}
    return [{"id": 1, "timestamp": times[name], "unit": "bpm", "value": value} for name, value in values.items()]


def telling() -> Callable[[int, list[dict[str, Any]]], SampleVerdicts]:
    """Deliveries (when, samples) one after the other, compared with what the ones before left."""
    table: dict[bytes, bytes] = {}

    def tell(delivery_ms: int, samples: list[dict[str, Any]]) -> SampleVerdicts:
        return judge(read_series(heartrate(*samples)), delivery_ms, table.get, table.__setitem__)

    return tell


def test_a_delivery_is_outdated_by_one_as_new_or_newer() -> None:
    """The first word is not, nor is a correction; the same once more is, and so is an older word about any sample."""
    tell = telling()
    assert not tell(2, beats(first=60)).is_outdated
    assert tell(2, beats(first=60)).is_outdated
    assert not tell(3, beats(first=61)).is_outdated
    partly = tell(1, beats(first=70, second=80))
    assert partly.is_outdated
    assert {str(verdict): n for verdict, n in partly.counts.items()} == {"STALE": 1, "NEW": 1}
