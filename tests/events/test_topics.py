"""The table of topics and the way into it: every event has a topic, a key, a partition and headers."""

import pytest
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.events.resources import RESOURCES
from streams.events.topics import Delivery, Role, murmur2, partition_for
from streams.events.types import Family, Identity, parse_type

USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
KEPT = topics.Kept(raw=90, clean=120, compact=5)
LAYOUT = topics.layout("junction", "group", partitions=12, replication=3, kept=KEPT, record_bytes_max=20_000_000)
BY_NAME = {topic.name: topic for topic in LAYOUT}
DELIVERY = Delivery(
    id="msg_1",
    door="webhook",
    endpoint="main",
    created_at="2026-06-03T06:15:00Z",
    received_at="2026-06-03T06:15:01Z",
    signature=((topics.H_SVIX_ID, "msg_1"), (topics.H_SVIX_SIGNATURE, "v1,abc")),
)


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_kafkas(key: bytes, signed: int) -> None:
    """The vectors of Kafka's own UtilsTest; ours is the same number without the sign."""
    assert murmur2(key) == signed & 0xFFFFFFFF


def test_our_partition_is_librdkafkas() -> None:
    """A door in another language that lets its client choose by user id lands on the same partition."""
    producer = Producer({"test.mock.num.brokers": 1, "partitioner": "murmur2"})  # librdkafka's in-process cluster
    chosen: dict[str, int] = {}
    owners = [USER, "ü", "日本語", "a:b", *(f"user-{i:x}" for i in range(200))]
    for owner in owners:
        producer.produce(
            "users", key=owner, on_delivery=lambda error, m, owner=owner: chosen.update({owner: m.partition()})
        )
    assert producer.flush(30) == 0
    partitions = len(producer.list_topics("users", timeout=10).topics["users"].partitions)
    assert partitions > 1
    assert chosen == {owner: partition_for(owner, partitions) for owner in owners}


@given(st.text(min_size=1, max_size=256).filter(lambda s: s.isprintable()), st.integers(1, 512))
def test_a_partition_is_in_range_and_stays(owner: str, partitions: int) -> None:
    """The same user has the same partition every time, and it exists."""
    assert 0 <= partition_for(owner, partitions) < partitions
    assert partition_for(owner, partitions) == partition_for(owner, partitions)


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
    assert with_schema == {f"junction.{name}" for name in topics.clean_topics()}
    assert {BY_NAME[name].role for name in with_schema} == {Role.CLEAN, Role.STATE}


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
            assert topic.config["max.compaction.lag.ms"] == str(5 * topics.DAY_MS), topic.name
            assert topic.config["delete.retention.ms"] == str(topics.TOMBSTONES_DAYS * topics.DAY_MS), topic.name
        else:
            days = 120 if topic.role is Role.CLEAN else 90
            assert topic.config["retention.ms"] == str(days * topics.DAY_MS), topic.name
            assert topic.config["retention.bytes"] == "-1", topic.name


@given(raw=st.integers(1, 4000), clean=st.integers(1, 4000), compact=st.integers(1, 4000))
def test_a_record_leaves_soon_after_its_days(raw: int, clean: int, compact: int) -> None:
    """Kafka deletes whole segments: none is open for longer than its records are kept, nor for more than a week."""
    kept = topics.Kept(raw, clean, compact)
    for topic in topics.layout("p", "g", partitions=1, replication=1, kept=kept, record_bytes_max=2**20):
        if "retention.ms" in topic.config:
            assert int(topic.config["segment.ms"]) <= min(int(topic.config["retention.ms"]), 7 * topics.DAY_MS)


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


def test_a_raw_key_is_user_and_resource() -> None:
    """`user_id:resource`; the team stands in where there is no user."""
    sleep, lab = parse_type("daily.data.sleep.created"), parse_type("labtest.match_review.created")
    assert topics.raw_key(Identity(sleep, USER, "team")) == f"{USER}:sleep".encode()
    assert topics.raw_key(Identity(lab, "", "team")) == b"team:match_review"


def test_headers_are_cloudevents() -> None:
    """A raw record carries the CloudEvents attributes of Kafka's binary mode and the signature as it came."""
    identity = Identity(parse_type("daily.data.sleep.created"), USER, "team")
    headers = topics.cloud_headers(identity, DELIVERY)
    assert dict(headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"msg_1",
        "ce_type": b"daily.data.sleep.created",
        "ce_source": b"/junction/team/webhook/main",
        "ce_subject": USER.encode(),
        "ce_time": b"2026-06-03T06:15:00Z",
        "content-type": b"application/json",
        "ce_receivedtime": b"2026-06-03T06:15:01Z",
        "ce_door": b"webhook",
        "ce_origin": b"incremental",
        "ce_partitionkey": USER.encode(),
        "svix-id": b"msg_1",
        "svix-signature": b"v1,abc",
    }
    assert len(dict(headers)) == len(headers)


def test_what_is_not_known_has_no_header() -> None:
    """An empty value is absent, not an empty header: CloudEvents forbids empty attributes."""
    headers = topics.cloud_headers(Identity(parse_type("checkout.quote.created"), "", "team"), DELIVERY)
    assert topics.H_SUBJECT not in dict(headers)
    assert topics.H_TRACEPARENT not in dict(headers)
    assert dict(headers)["ce_partitionkey"] == b"team"


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_headers_are_read_back(rows: list[tuple[str, str]]) -> None:
    """What `encode_headers` wrote, `header` reads: the first non-empty value of a name, else ""."""
    headers = topics.encode_headers((name, text.encode("utf-8", "replace").decode()) for name, text in rows)
    for name, _ in rows:
        assert topics.header(headers, name) == next(
            (text.encode("utf-8", "replace").decode() for other, text in rows if other == name and text), ""
        )


@given(st.binary())
def test_a_header_of_any_bytes_is_text(value: bytes) -> None:
    """A stranger's header never stops the worker."""
    assert isinstance(topics.header([("h", value)], "h"), str)
