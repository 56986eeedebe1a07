"""Topics on a real Kafka: what differs is told, what can be mended is mended, and twice is like once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stamina
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType

from streams.kafka import admin
from streams.kafka.topic_changes import Action
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings


@pytest.fixture
def small(settings: Settings) -> Settings:
    """One partition a topic: these tests are about topics, and a partition costs a busy broker time."""
    return settings.model_copy(update={"partitions": 1})


def set_config(settings: Settings, topic: str, name: str, value: str) -> None:
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, f"{settings.topic_prefix}.{topic}", incremental_configs=[entry])
    client = admin.client_of(settings)
    for future in client.incremental_alter_configs([resource]).values():
        future.result()


def test_from_nothing_to_right(small: Settings) -> None:
    """Where nothing is, every topic is to be created; after `apply` nothing differs and a service may start."""
    with pytest.raises(Misconfigured, match=r"is missing.*junction-streams topics apply"):
        admin.check_layout(small)
    applied = admin.apply(small).changes
    assert [change.topic for change in applied] == [topic.name for topic in admin.layout_of(small)]
    assert {change.action for change in applied} == {Action.CREATE}
    assert admin.apply(small).changes == []
    admin.check_layout(small)
    admin.check_layout(small, partitions_only=True)


def test_topics_of_before_are_brought_to_their_days(small: Settings) -> None:
    """A topic that was made without a retention has the broker's, is named by the plan, and is altered once."""
    client, bare = admin.client_of(small), f"{small.topic_prefix}.sleep"
    client.create_topics([NewTopic(bare, 1, 1, config={"max.message.bytes": str(small.record_bytes_max)})])[
        bare
    ].result()
    longer = small.model_copy(update={"clean_retention_days": 120})
    (change,) = [change for change in admin.plan(longer) if change.action is Action.ALTER]
    assert change.topic == bare
    assert "(7 days instead of 120 days): records are deleted too early" in change.detail
    admin.apply(longer)
    assert admin.apply(longer).changes == []
    assert len(admin.plan(longer.model_copy(update={"compaction_days": 3}))) == len(
        [topic for topic in admin.layout_of(longer) if topic.config["cleanup.policy"] == "compact"]
    )


def test_two_at_once(small: Settings) -> None:
    """Two `apply` at the same moment both succeed and leave the right layout."""
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(admin.apply, small) for _ in range(2)]:
            future.result()
    assert admin.plan(small) == []


def test_drift_is_mended(small: Settings) -> None:
    """Drift is told by topic and setting; `apply` mends it; only drift that loses records stops a service."""
    admin.apply(small)
    set_config(small, "raw.labs", "retention.ms", "60000")
    (change,) = admin.plan(small)
    assert (change.action, list(change.config)) == (Action.ALTER, ["retention.ms"])
    assert "retention.ms=60000 instead of 7776000000 (1 minute instead of 90 days): records are" in change.detail
    admin.check_layout(small)

    set_config(small, "connections", "cleanup.policy", "delete")
    with pytest.raises(Misconfigured, match=r"cleanup\.policy=delete instead of compact"):
        admin.check_layout(small)
    assert len(admin.apply(small).changes) == 2
    assert admin.plan(small) == []


def test_summaries_may_be_compacted(small: Settings) -> None:
    """An owner may compact clean summaries, keyed by their id; clean samples, whose keys repeat, not."""
    admin.apply(small)
    set_config(small, "sleep", "cleanup.policy", "compact")
    assert admin.plan(small) == []
    set_config(small, "heartrate", "cleanup.policy", "compact")
    assert [change.topic for change in admin.plan(small)] == [f"{small.topic_prefix}.heartrate"]


def test_partition_count_is_not_mended(small: Settings) -> None:
    """A wrong partition count stops `apply` before it touches anything, with a sentence that says what to do."""
    admin.apply(small)
    set_config(small, "raw.labs", "retention.ms", "60000")
    name = f"{small.topic_prefix}.raw.summaries"
    client = admin.client_of(small)
    client.create_partitions([NewPartitions(name, 3)])[name].result()
    for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=30.0, wait_max=0.2):
        with attempt:  # a broker hears of it behind the answer
            assert len(client.list_topics(name, timeout=10.0).topics[name].partitions) == 3
    for call in (admin.apply, admin.check_layout):
        with pytest.raises(Misconfigured, match=f"{name} has 3 partitions instead of 1.*STREAMS_PARTITIONS"):
            call(small)
    assert {change.action for change in admin.plan(small)} == {Action.IMPOSSIBLE, Action.ALTER}


def test_more_replicas_than_brokers(small: Settings) -> None:
    """Kafka's refusal of a replication factor names the setting."""
    with pytest.raises(Misconfigured, match="STREAMS_REPLICATION"):
        admin.apply(small.model_copy(update={"replication": 3}))


def test_no_kafka() -> None:
    """No address is for a person to mend; an address where nobody answers may answer later."""
    with pytest.raises(Misconfigured, match="STREAMS_BOOTSTRAP_SERVERS"):
        admin.plan(Settings(_env_file=None))
    with pytest.raises(Unavailable, match="does not answer"):
        admin.plan(Settings(_env_file=None, bootstrap_servers="127.0.0.1:1"))
