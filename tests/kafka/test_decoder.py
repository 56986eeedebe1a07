"""Whatever bytes a topic holds, a reader gets a record or hears that there is none."""

import struct
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.kafka.decoder import Decoder
from streams.ops.errors import Unreadable
from streams.ops.settings import LOCAL_REGISTRY, Settings
from tests.folding import CODEC
from tests.integration.test_alert_lives import step

SETTINGS = Settings(_env_file=None, bootstrap_servers="127.0.0.1:9", registry_url=LOCAL_REGISTRY)
DECODERS = {is_plain: Decoder(SETTINGS, is_plain=is_plain) for is_plain in (False, True)}
IDS = {name: number for number, name in enumerate(topics.avro_topics(), 1)}
ALERT = CODEC.encode(topics.ALERTS, step(1))


@given(st.sampled_from(sorted(IDS)), st.booleans(), st.binary(max_size=80), st.booleans())
def test_any_bytes_have_one_of_two_outcomes(topic: str, is_plain: bool, rest: bytes, has_head: bool) -> None:
    """A record, or Unreadable: nothing else is raised, whatever stands behind the schema id, or instead of it."""
    value = struct.pack(">BI", 0, IDS[topic]) + rest if has_head else rest
    try:
        record = DECODERS[is_plain].record(f"junction.{topic}", value)
    except Unreadable:
        return
    assert isinstance(record, dict)


@given(st.binary(min_size=1, max_size=8), st.integers(5, len(ALERT) - 1), st.booleans())
def test_a_record_that_was_damaged(patch: bytes, at: int, is_plain: bool) -> None:
    """Some bytes of a good record are others: it is read, or it is not."""
    with suppress(Unreadable):
        DECODERS[is_plain].record("junction.alerts", ALERT[:at] + patch + ALERT[at + len(patch) :])


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize("at_ms", [1 << 62, -(1 << 62), 253_402_300_800_000, 253_402_300_799_999, -62_135_596_800_000])
def test_times_that_no_datetime_can_hold(at_ms: int, is_plain: bool) -> None:
    """They are refused as numbers where they are refused as times: what one command can read, all can."""
    value = CODEC.encode(topics.ALERTS, step(1) | {"at": at_ms})
    is_time = -62_135_596_800_000 <= at_ms <= 253_402_300_799_999
    if not is_time:
        with pytest.raises(Unreadable, match="OverflowError"):
            DECODERS[is_plain].record("junction.alerts", value)
        return
    found: Any = DECODERS[is_plain].record("junction.alerts", value)["at"]
    assert found == at_ms if is_plain else isinstance(found, datetime) and found.tzinfo == UTC


def test_a_record_of_another_topic() -> None:
    """Sound Avro of ours in the wrong place lacks fields that a reader relies on."""
    with pytest.raises(Unreadable, match="another topic"):
        DECODERS[False].record("junction.drift", ALERT)
    assert DECODERS[False].record("elsewhere.alerts", ALERT)["id"] == "a1"
