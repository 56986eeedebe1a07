"""The table of topics, and that every event has one."""

from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.events.resources import RESOURCES
from streams.events.times import DAY_MS
from streams.events.topics import Role
from streams.events.types import Family, parse_type

KEPT = topics.Kept(raw=90, clean=120, compact=5)
LAYOUT = topics.layout("junction", "group", partitions=12, replication=3, kept=KEPT, record_bytes_max=20_000_000)
BY_NAME = {topic.name: topic for topic in LAYOUT}


@given(st.text())
def test_every_event_type_has_a_raw_topic_of_the_layout(text: str) -> None:
    """Nothing that Junction may invent is without a topic."""
    assert f"junction.{topics.raw_topic(parse_type(text))}" in BY_NAME


def test_every_family_is_routed() -> None:
    """A new family cannot be forgotten in the routes."""
    assert set(topics.RAW_BY_FAMILY) == set(Family)


def test_every_raw_topic_has_somewhere_to_put_its_dead() -> None:
    """One dead-letter topic takes the records of all raw topics and holds whatever they can hold, as long."""
    dead = BY_NAME[f"junction.{topics.DEAD_LETTERS}"]
    raw = [topic for topic in LAYOUT if topic.role is Role.RAW]
    assert {topic.name for topic in raw} == {f"junction.{name}" for name in topics.RAW}
    assert all(topic.config == dead.config and topic.partitions == dead.partitions for topic in raw)


def test_every_resource_leaves_somewhere() -> None:
    """Each resource has a clean topic with a schema; nothing else in the layout has one."""
    assert set(RESOURCES) <= set(topics.clean_topics())
    with_schema = {topic.name for topic in LAYOUT if topic.schema}
    assert with_schema == {f"junction.{name}" for name in topics.avro_topics()}
    assert {BY_NAME[name].role for name in with_schema} == {Role.CLEAN, Role.STATE, Role.LINEAGE}


def test_the_layout_keeps_a_user_together() -> None:
    """All topics have one partition count, unique legal names, and values as large as the largest body."""
    assert {topic.partitions for topic in LAYOUT} == {12}
    assert {topic.replication for topic in LAYOUT} == {3}
    assert len(BY_NAME) == len(LAYOUT)
    assert all(
        len(name) <= 249 and name.replace("-", ".").replace("_", ".").replace(".", "").isalnum() for name in BY_NAME
    )
    assert {topic.config["max.message.bytes"] for topic in LAYOUT} == {"20000000"}


def test_state_is_compacted_and_history_is_not() -> None:
    """State and changelogs keep the last value of each key for ever; raw events and marks, their days."""
    policies = {Role.STATE: "compact", Role.CHANGELOG: "compact", Role.MARK: "compact,delete"}
    for topic in LAYOUT:
        assert topic.config["cleanup.policy"] == policies.get(topic.role, "delete"), topic.name


def test_nothing_is_left_to_the_brokers_defaults() -> None:
    """Every topic says how long its records stay: for days, by age alone; or replaced rows are gone after days."""
    for topic in LAYOUT:
        if topic.config["cleanup.policy"] == "compact":
            assert topic.config["max.compaction.lag.ms"] == str(5 * DAY_MS), topic.name
            assert topic.config["delete.retention.ms"] == str(topics.TOMBSTONES_DAYS * DAY_MS), topic.name
        else:
            days = {Role.CLEAN: 120, Role.LINEAGE: 30}.get(topic.role, 90)
            assert topic.config["retention.ms"] == str(days * DAY_MS), topic.name
            assert topic.config["retention.bytes"] == "-1", topic.name


@given(raw=st.integers(1, 4000), clean=st.integers(1, 4000), compact=st.integers(1, 4000))
def test_a_record_leaves_soon_after_its_days(raw: int, clean: int, compact: int) -> None:
    """Kafka deletes whole segments: none is open for longer than its records are kept, nor for more than a week."""
    kept = topics.Kept(raw, clean, compact)
    for topic in topics.layout("p", "g", partitions=1, replication=1, kept=kept, record_bytes_max=2**20):
        if "retention.ms" in topic.config:
            assert int(topic.config["segment.ms"]) <= min(int(topic.config["retention.ms"]), 7 * DAY_MS)


def test_how_long_things_are_kept() -> None:
    """In milliseconds as Kafka reads them: the raw days as asked for, and the tombstones of changelogs for a week."""
    kept = {topic.config.get("retention.ms") for topic in LAYOUT if topic.role is Role.RAW}
    tombstones = {topic.config.get("delete.retention.ms") for topic in LAYOUT if topic.role is Role.CHANGELOG}
    assert (kept, tombstones) == ({"7776000000"}, {"604800000"})


def test_changelogs_have_fausts_names() -> None:
    """Faust names the changelog of a table `<app id>-<table>-changelog`."""
    worker = {f"group-{table}-changelog" for table in topics.TABLES}
    fetcher = {f"group-fetcher-{table}-changelog" for table in topics.FETCH_TABLES}
    assert {t.name for t in LAYOUT if t.role is Role.CHANGELOG} == worker | fetcher
