"""How long what stays: the sentences of `topics plan` say what the topics' settings say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.show.topics import print_changes
from streams.events import kept
from streams.events.topics import Role
from streams.kafka import admin
from streams.kafka.allowed import Proposal
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None, raw_retention_days=30, clean_retention_days=400, compaction_days=2)
STAYS = {stay.role: stay for stay in kept.stays(admin.layout_of(SETTINGS))}


def test_each_topic_is_said_once() -> None:
    """Every role has its words; every topic of the layout stands in one row."""
    assert set(STAYS) == set(Role) == set(kept.HOLDS)
    assert sorted(name for stay in STAYS.values() for name in stay.topics) == sorted(
        topic.name for topic in admin.layout_of(SETTINGS)
    )


def test_the_sentences_follow_the_settings() -> None:
    """Raw events and dead letters, clean records, and replaced rows each have the days of their setting."""
    assert STAYS[Role.RAW].until == STAYS[Role.DEAD].until
    assert STAYS[Role.RAW].until.startswith("30 days, and up to 7 days more")
    assert STAYS[Role.CLEAN].until.startswith("400 days")
    assert STAYS[Role.CHANGELOG].until.endswith("for up to 2 days")


def test_clean_records_stay_as_long_as_raw_ones_by_default() -> None:
    """Without a setting of their own: what a replay would not emit again is not gone before the raw event."""
    short = Settings(_env_file=None, raw_retention_days=30)
    assert short.clean_days == 30


def test_the_plan_says_how_long_health_data_stay(capsys: pytest.CaptureFixture[str]) -> None:
    """For people a line a kind of topic, for machines the same rows; also where nothing differs."""
    layout = admin.layout_of(SETTINGS)
    print_changes(Proposal([], []), layout, applied=False, as_json=False)
    said = capsys.readouterr().out
    assert "health data stay here for:\n  raw        30 days" in said
    print_changes(Proposal([], []), layout, applied=False, as_json=True)
    assert len(json.loads(capsys.readouterr().out)["stays"]) == len(STAYS)


@given(st.integers(1, 10**12))
def test_a_span_is_exact(ms: int) -> None:
    """Words say neither more nor less than Kafka's number."""
    n, unit = kept.span(ms).split()
    sizes = {"day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000, "millisecond": 1}
    assert int(n) * sizes[unit.rstrip("s")] == ms
    assert kept.span(-1) == "for ever"
