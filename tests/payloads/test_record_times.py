"""Whatever a foreign producer writes where a time belongs, every reader can show the times of what leaves."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.every_event import EVENT_TYPES, of
from tests.folding import Worker, raw
from tests.strategies import envelope

SAMPLE = {"timestamp": "2026-06-03T10:00:00Z", "value": 1}
STEPS = envelope("daily.data.steps.created", {"source": {"provider": "garmin", "type": "watch"}, "data": [SAMPLE]})
LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
int64 = st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 2) | st.integers(LAST_MS - 2, LAST_MS + 2)
times = st.sampled_from(
    [
        *("", "soon", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z"),
        *("1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-12:00", "999999999999", "1"),
    ]
)
headers = st.dictionaries(st.sampled_from(["ce_time", "ce_receivedtime", "svix-timestamp"]), times)


@pytest.mark.parametrize("event_type", [*EVENT_TYPES[::9], *EVENT_TYPES[-20:]])
def test_every_time_can_be_read(event_type: str) -> None:
    """Of any type and with any time of the record and in its headers: fastavro gives a datetime for each."""

    @given(of(event_type), int64, headers)
    def law(event: dict[str, Any], stamp: int, said: dict[str, str]) -> None:
        rows = [("ce_id", b"msg_1"), *((name, text.encode()) for name, text in said.items())]
        record = raw(json.dumps(event).encode())._replace(timestamp=stamp, headers=rows)
        Worker().run(record)  # decodes what it emits

    law()


@given(int64)
@example(2**62)
@example(-(2**62))
def test_a_record_s_time(stamp: int) -> None:
    """It counts as absent outside 1970 to 9999; without any time a delivery is of 1970, older than all others."""
    record = raw(json.dumps(STEPS).encode())._replace(timestamp=stamp, headers=[("ce_id", b"msg_1")])
    (clean,) = (clean for clean in Worker().run(record) if clean.topic == "steps")
    shown = (clean.record["version"]["delivered_at"] - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000
    assert abs(shown - (stamp if 0 <= stamp <= LAST_MS else 0)) < 1


@pytest.mark.parametrize("name", ["ce_time", "svix-timestamp"])
def test_a_header_s_time(name: str) -> None:
    """One that no clock may say is none: the next in the order counts."""
    said = {"ce_time": b"1969-12-31T23:59:59Z", "svix-timestamp": b"999999999999"}[name]
    record = raw(json.dumps(STEPS).encode())._replace(timestamp=7, headers=[(name, said)])
    (clean,) = (clean for clean in Worker().run(record) if clean.topic == "steps")
    assert clean.record["version"]["delivered_at"].microsecond == 7000
    assert clean.record["delivery"]["created_at"] is None
