"""Questions to Kafka about topics, and commands that change them. Its refusals become errors of ours."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AclOperation,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from streams.events import Topic
from streams.kafka.ping import PATIENT_S, QUICK_S, ping
from streams.kafka.refused import forbidden
from streams.kafka.topic_changes import Change
from streams.ops.errors import Forbidden, Misconfigured, Unavailable
from streams.ops.settings import Settings

ANSWER_S = 5.0
CREATE_S = 60.0  # a thousand partitions on a small broker take seconds
LED_S = 60.0
LED_STEP_S = 0.1
SET_S = 10.0  # then whoever asks next is told what differs


def partition_counts(client: AdminClient, settings: Settings) -> dict[str, int]:
    """Topic → number of partitions. Raises Unavailable; Misconfigured where Kafka refuses the connection."""
    try:
        found = client.list_topics(timeout=QUICK_S).topics
    except KafkaException:
        ping(settings)  # says which of the two it is: who is refused is told early, also by a broker that is slow
        found = _topics_late(client, settings)
    return {name: len(topic.partitions) for name, topic in found.items() if topic.error is None}


def _topics_late(client: AdminClient, settings: Settings) -> Any:
    try:
        return client.list_topics(timeout=PATIENT_S).topics
    except KafkaException as error:
        raise _unavailable(error.args[0], settings.bootstrap_servers) from None


def check_visible(client: AdminClient, missing: list[Topic]) -> None:
    """Raises Misconfigured where one of these only looks as if it were missing: this login may not see it."""
    if not missing:
        return
    asked = client.describe_topics(TopicCollection([topic.name for topic in missing]), request_timeout=ANSWER_S)
    for name, future in asked.items():
        error = future.exception()
        if isinstance(error, KafkaException) and error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise forbidden(f"looking at {name}", error.args[0].code())


def unwritable(client: AdminClient, names: list[str]) -> str:
    """The first topic that this login may not write; "" where there is none, or where Kafka does not say."""
    asked = client.describe_topics(TopicCollection(names), include_authorized_operations=True, request_timeout=ANSWER_S)
    for name, future in asked.items():
        with suppress(KafkaException):  # what is missing, and who does not answer, is told elsewhere
            may = future.result().authorized_operations
            if may and AclOperation.WRITE not in may:
                return str(name)
    return ""


def configs(client: AdminClient, existing: list[Topic]) -> dict[str, dict[str, str]]:
    """Topic → setting → value, asked for in one request."""
    return _shown(client, [topic.name for topic in existing]) if existing else {}


def _shown(client: AdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    wanted = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    asked = client.describe_configs(wanted, request_timeout=ANSWER_S)
    return {
        resource.name: {name: entry.value for name, entry in _result(future).items()}
        for resource, future in asked.items()
    }


def create(client: AdminClient, missing: list[tuple[Topic, Mapping[str, str]]]) -> None:
    """Create topics with these settings; one that is there by now is right."""
    if not missing:
        return
    new = [NewTopic(topic.name, topic.partitions, topic.replication, config=dict(config)) for topic, config in missing]
    for future in client.create_topics(new, operation_timeout=CREATE_S, request_timeout=CREATE_S).values():
        _result(future, allowed=KafkaError.TOPIC_ALREADY_EXISTS)  # another `apply` was first


def alter(client: AdminClient, changes: list[Change]) -> None:
    """Set what differs."""
    if not changes:
        return
    resources = [settings_resource(change.topic, change.config) for change in changes]
    for future in client.incremental_alter_configs(resources, request_timeout=CREATE_S).values():
        _result(future)


def settings_resource(topic: str, config: Mapping[str, str]) -> ConfigResource:
    """These settings of a topic, the others as they are (KIP-339)."""
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in config.items()]
    return ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)


def wait_until_set(client: AdminClient, changes: list[Change]) -> None:
    """Return when Kafka shows what was set. The controller has it at once, the broker that answers a moment later, and
    who starts in between would find the topics as they were."""
    waiting = {change.topic: change.config for change in changes}
    deadline_s = time.monotonic() + SET_S
    while waiting and time.monotonic() < deadline_s:
        shown = _shown(client, list(waiting))
        waiting = {topic: config for topic, config in waiting.items() if not config.items() <= shown[topic].items()}
        if waiting:
            time.sleep(LED_STEP_S)


def wait_until_led(client: AdminClient, created: list[Topic]) -> None:
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


_RIGHTS = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED})
_NOT_NOW = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NOT_CONTROLLER,
        KafkaError.UNKNOWN_TOPIC_OR_PART,  # it is being created or deleted
    }
)


def _refused(error: KafkaError) -> Unavailable | Misconfigured:
    """An answer about one topic: trouble on the way or in the cluster passes, a refusal stays."""
    if error.code() in _NOT_NOW:
        return Unavailable(f"Kafka is not ready to change topics ({error.name()})")
    if error.code() in _RIGHTS:
        return Forbidden(
            f"this login may not see or change the settings of a topic ({error.name()}): services need "
            "DESCRIBE_CONFIGS, `topics apply` also CREATE and ALTER_CONFIGS (docs/rights.md)"
        )
    return Misconfigured(
        f"Kafka refuses to show or change a topic ({error.name()}: {error.str()}). STREAMS_REPLICATION must not exceed "
        "the number of brokers, and the user of STREAMS_SASL_USERNAME must be allowed to."
    )


def _unavailable(error: KafkaError, servers: str) -> Unavailable:
    return Unavailable(f"Kafka at {servers} does not answer within {ANSWER_S:.0f} s ({error.name()})")
