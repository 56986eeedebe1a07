"""The topics as they are against the topics as they have to be: plan, apply, and the check before a service starts.

A partition count is never changed: it decides where each user lives. Replication is set on creation and not compared
afterwards: moving replicas is the operators' work.
"""

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from streams.events import kept, resources, topics
from streams.events.topics import Role, Topic
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

ANSWER_S = 5.0
CREATE_S = 60.0  # a thousand partitions on a small broker take seconds
LED_S = 60.0
LED_STEP_S = 0.1
_SHOWN = 5  # topics named in a sentence before "and n more"

# Drift here loses records or state; in any other setting (retention) it is somebody's decision, shown by `plan` only.
_VITAL = frozenset({"cleanup.policy", "max.message.bytes"})


class Action(StrEnum):
    CREATE = "create"
    ALTER = "alter"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Change:
    """One topic that is not as it has to be. `config`: what `apply` sets. `detail`: a sentence for a person."""

    topic: str
    action: Action
    detail: str
    config: dict[str, str] = field(default_factory=dict)

    @property
    def is_blocking(self) -> bool:
        """Whether a service must not start before this is mended."""
        return self.action is not Action.ALTER or not _VITAL.isdisjoint(self.config)


def layout_of(settings: Settings) -> list[Topic]:
    """Every topic of the product for these settings."""
    return topics.layout(
        settings.topic_prefix,
        settings.group_id,
        partitions=settings.partitions,
        replication=settings.replication,
        kept=topics.Kept(settings.raw_retention_days, settings.clean_days, settings.compaction_days),
        record_bytes_max=settings.record_bytes_max,
    )


def client_of(settings: Settings) -> AdminClient:
    """An admin client; it connects on first use. Raises Misconfigured when no Kafka is named."""
    settings.need_kafka()
    return AdminClient(settings.librdkafka | {"log_level": 0, "reconnect.backoff.max.ms": 1000})


def plan(settings: Settings, client: AdminClient | None = None, *, partitions_only: bool = False) -> list[Change]:
    """What differs, in the order of the layout; empty when all is right. Raises Unavailable.

    `partitions_only` leaves out the settings of the topics, which cost several times as much to ask for.
    """
    client = client or client_of(settings)
    counts = _partition_counts(client, settings)
    wanted = layout_of(settings)
    existing = [] if partitions_only or settings.is_mock else [topic for topic in wanted if topic.name in counts]
    configs = _configs(client, existing)
    changes = (_difference(topic, counts.get(topic.name), configs.get(topic.name)) for topic in wanted)
    return [change for change in changes if change]


def apply(settings: Settings) -> list[Change]:
    """Create and alter what differs; returns what was planned. Safe to repeat, and to run twice at once.

    Raises Misconfigured, before it touches anything, when a topic cannot be mended; Unavailable.
    """
    client = client_of(settings)
    changes = plan(settings, client)
    _refuse([change for change in changes if change.action is Action.IMPOSSIBLE])
    missing = {change.topic for change in changes if change.action is Action.CREATE}
    created = [topic for topic in layout_of(settings) if topic.name in missing]
    _create(client, created)
    _alter(client, [change for change in changes if change.action is Action.ALTER])
    _wait_until_led(client, created)
    return changes


def check_layout(settings: Settings, client: AdminClient | None = None, *, partitions_only: bool = False) -> None:
    """Raises Misconfigured naming the command that mends the layout; Unavailable when Kafka does not answer."""
    blocking = [change for change in plan(settings, client, partitions_only=partitions_only) if change.is_blocking]
    _refuse([change for change in blocking if change.action is Action.IMPOSSIBLE])
    if blocking:
        raise Misconfigured(
            f"topics are not as they have to be: {_named(blocking)}. Run `junction-streams topics apply`."
        )


def _refuse(impossible: list[Change]) -> None:
    if impossible:
        raise Misconfigured(
            f"topics that cannot be mended: {_named(impossible)}. A partition count decides where each user lives: "
            "set STREAMS_PARTITIONS to the count that exists, or start anew under another STREAMS_TOPIC_PREFIX and "
            "STREAMS_GROUP_ID."
        )


def _named(changes: list[Change]) -> str:
    shown = "; ".join(f"{change.topic} {change.detail}" for change in changes[:_SHOWN])
    return f"{shown}; and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else shown


def _difference(topic: Topic, partitions: int | None, config: dict[str, str] | None) -> Change | None:
    if partitions is None:
        return Change(topic.name, Action.CREATE, f"is missing ({topic.partitions} partitions)", topic.config)
    if partitions != topic.partitions:
        detail = f"has {partitions} partitions instead of {topic.partitions}"
        return Change(topic.name, Action.IMPOSSIBLE, detail)
    if config is None:
        return None
    drift = {name: value for name, value in topic.config.items() if config.get(name) != value}
    if _may_be_compacted(topic):
        drift.pop("cleanup.policy", None)
    if not drift:
        return None
    detail = ", ".join(_told(name, config.get(name), value) for name, value in drift.items())
    return Change(topic.name, Action.ALTER, detail, drift)


def _told(name: str, found: str | None, wanted: str) -> str:
    """One setting that differs. Times also in words; a retention that is too short says what it does."""
    said = f"has {name}={found} instead of {wanted}"
    if not name.endswith(".ms") or found is None:
        return said
    said += f" ({kept.span(int(found))} instead of {kept.span(int(wanted))})"
    is_short = name == "retention.ms" and 0 <= int(found) < int(wanted)
    return f"{said}: records are deleted too early" if is_short else said


def _may_be_compacted(topic: Topic) -> bool:
    """Clean summaries are keyed by their id, so an owner may choose compaction (product contract, section 3)."""
    row = resources.get(topic.name.rpartition(".")[2])
    return topic.role is Role.CLEAN and row is not None and row.kind is resources.Kind.SUMMARY


def _partition_counts(client: AdminClient, settings: Settings) -> dict[str, int]:
    try:
        found = client.list_topics(timeout=ANSWER_S).topics
    except KafkaException as error:
        raise _unavailable(error.args[0], settings.bootstrap_servers) from None
    return {name: len(topic.partitions) for name, topic in found.items() if topic.error is None}


def _configs(client: AdminClient, existing: list[Topic]) -> dict[str, dict[str, str]]:
    """Topic → setting → value, asked for in one request."""
    if not existing:
        return {}
    asked = client.describe_configs(
        [ConfigResource(ResourceType.TOPIC, topic.name) for topic in existing], request_timeout=ANSWER_S
    )
    return {
        resource.name: {name: entry.value for name, entry in _result(future).items()}
        for resource, future in asked.items()
    }


def _create(client: AdminClient, missing: list[Topic]) -> None:
    if not missing:
        return
    new = [NewTopic(topic.name, topic.partitions, topic.replication, config=topic.config) for topic in missing]
    for future in client.create_topics(new, operation_timeout=CREATE_S, request_timeout=CREATE_S).values():
        _result(future, allowed=KafkaError.TOPIC_ALREADY_EXISTS)  # another `apply` was first


def _alter(client: AdminClient, changes: list[Change]) -> None:
    if not changes:
        return
    resources = [
        ConfigResource(
            ResourceType.TOPIC,
            change.topic,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in change.config.items()
            ],
        )
        for change in changes
    ]
    for future in client.incremental_alter_configs(resources, request_timeout=CREATE_S).values():
        _result(future)


def _wait_until_led(client: AdminClient, created: list[Topic]) -> None:
    """A topic exists once the controller says so; its partitions take records when their leaders have made the logs.

    On a small, busy broker that is seconds later, and a publish in between would use up its time.
    """
    waiting = {TopicPartition(topic.name, number) for topic in created for number in range(topic.partitions)}
    deadline_s = time.monotonic() + LED_S
    while waiting:
        if time.monotonic() > deadline_s:
            raise Unavailable(f"Kafka has accepted the topics, but {len(waiting)} partitions have no leader yet")
        asked = client.list_offsets(dict.fromkeys(waiting, OffsetSpec.latest()), request_timeout=ANSWER_S)
        waiting = {place for place, future in asked.items() if not _is_led(future)}
        if waiting:
            time.sleep(LED_STEP_S)


def newest_ms(client: AdminClient, settings: Settings, name: str) -> int | None:
    """Time of the newest record in a topic's first partition, Unix milliseconds; None while it is empty (KIP-734).

    Raises Unavailable.
    """
    place = TopicPartition(f"{settings.topic_prefix}.{name}", 0)
    try:
        asked = client.list_offsets({place: OffsetSpec.max_timestamp()}, request_timeout=ANSWER_S)
        found = asked[place].result()
    except KafkaException as error:
        raise Unavailable(f"Kafka does not answer about {place.topic} ({error.args[0].name()})") from None
    return found.timestamp if found.offset >= 0 else None


def _is_led(future: "Future[object]") -> bool:
    """Any error means "not yet": brokers word it in half a dozen ways, and the caller has a deadline."""
    return future.exception() is None


def _result(future: "Future[dict[str, ConfigEntry]]", allowed: int | None = None) -> dict[str, ConfigEntry]:
    try:
        return future.result() or {}
    except KafkaException as error:
        if error.args[0].code() == allowed:
            return {}
        raise _refused(error.args[0]) from None


_NOT_NOW = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NOT_CONTROLLER,
        KafkaError.UNKNOWN_TOPIC_OR_PART,  # somebody creates or deletes it just now
    }
)


def _refused(error: KafkaError) -> Unavailable | Misconfigured:
    """An answer about one topic: trouble on the way or in the cluster passes, a refusal stays."""
    if error.code() in _NOT_NOW:
        return Unavailable(f"Kafka is not ready to change topics ({error.name()})")
    return Misconfigured(
        f"Kafka refuses to show or change a topic ({error.name()}: {error.str()}). STREAMS_REPLICATION must not exceed "
        "the number of brokers, and the user of STREAMS_SASL_USERNAME must be allowed to."
    )


def _unavailable(error: KafkaError, servers: str) -> Unavailable:
    return Unavailable(f"Kafka at {servers} does not answer within {ANSWER_S:.0f} s ({error.name()})")
