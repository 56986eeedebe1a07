"""What Kafka's admin interface says of the cluster, its limits, our topics, and the rights of this login."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from streams.doctor.judge import cluster, layout, limits, rights
from streams.doctor.look.kafka import is_own
from streams.engine.wire.trial import TIMEOUT_MS
from streams.events.parts import Part
from streams.events.rights import Right, rights_of
from streams.kafka import admin
from streams.kafka.refused import refused
from streams.kafka.topic_changes import Action, Change
from streams.ops.lines import Line
from streams.ops.settings import Settings

ANSWER_S = 10.0
_PARTS = (Part.GATEWAY, Part.WORKER, Part.FETCHER, Part.NOTIFY, Part.SINK, Part.SOURCE, Part.CONSUMER)


def described(settings: Settings) -> list[Line]:
    """Id, brokers, controller."""
    client = admin.client_of(settings)
    found = _result(client.describe_cluster(request_timeout=ANSWER_S), "what Kafka says of the cluster")
    controller = None if found.controller is None else found.controller.id
    return cluster.cluster(found.cluster_id or "", len(found.nodes), controller, settings.replication)


def planned(settings: Settings) -> list[Line]:
    """Topics that are missing or different, by the plan of `topics`."""
    proposed = admin.propose(settings)
    changes = proposed.changes
    altered = [change for change in changes if change.action is Action.ALTER]
    found = layout.Differences(
        missing=[change.topic for change in changes if change.action is Action.CREATE],
        impossible=[f"{one.topic} {one.detail}" for one in changes if one.action is Action.IMPOSSIBLE],
        vital=_told(change for change in altered if change.is_blocking),
        drift=_told(change for change in altered if not change.is_blocking),
    )
    lines = layout.topics(len(admin.layout_of(settings)), found)
    return lines + layout.not_settable({one.setting: one.means for one in proposed.left_out}, proposed.problem)


def _told(changes: Iterable[Change]) -> list[str]:
    return [change.topic for change in changes]


def limited(settings: Settings) -> list[Line]:
    """Sizes, times and copies."""
    client = admin.client_of(settings)
    topics = _topics(settings, client)
    brokers = _brokers(client)
    broker = next(iter(_config(client, ResourceType.BROKER, brokers[:1]).values()), {})
    configs = _config(client, ResourceType.TOPIC, list(topics.there))
    lines = limits.records(
        _numbers(configs, "max.message.bytes"), _number(broker, "message.max.bytes"), settings.record_bytes_max
    )
    lines += limits.transaction_timeout(_number(broker, "transaction.max.timeout.ms"), TIMEOUT_MS)
    lines += limits.offsets_kept(_number(broker, "offsets.retention.minutes"), settings.raw_retention_days)
    copies = {name: len(topic.partitions[0].replicas) for name, topic in topics.there.items() if topic.partitions}
    return lines + limits.copies(copies, _numbers(configs, "min.insync.replicas"), len(brokers))


def allowed(settings: Settings, part: Part | None) -> list[Line]:
    """What Kafka says that this login may do (KIP-430), beside what a process needs, or each."""
    client = admin.client_of(settings)
    topics = _topics(settings, client)
    told = {name: _names(topic.authorized_operations) for name, topic in topics.there.items()}
    seen = {name: names for name, names in told.items() if names is not None}
    lines = rights.on_topics(
        seen | dict.fromkeys(topics.hidden, frozenset()), _needs(settings, [part] if part else _PARTS)
    )
    asked = client.describe_cluster(include_authorized_operations=True, request_timeout=ANSWER_S)
    found = _result(asked, "what Kafka says of our rights")
    on_cluster = _names(found.authorized_operations)
    if on_cluster is None and seen:
        on_cluster = frozenset()  # the client has one word for "nothing" and "not told"
    return lines + rights.on_cluster(on_cluster, is_own=is_own(settings))


def _needs(settings: Settings, parts: Iterable[Part]) -> dict[str, list[Right]]:
    """Process → its rights."""
    prefix, group, sink = settings.topic_prefix, settings.group_id, settings.postgres_topics
    return {str(part): rights_of(part, prefix, group, f"{group}-{part}", sink) for part in parts}


class _Topics(NamedTuple):
    """`hidden`: those that Kafka does not show to this login."""

    there: Mapping[str, Any]
    hidden: frozenset[str]


def _topics(settings: Settings, client: AdminClient) -> _Topics:
    names = TopicCollection([topic.name for topic in admin.layout_of(settings)])
    asked = client.describe_topics(names, include_authorized_operations=True, request_timeout=ANSWER_S)
    there, hidden = {}, set()
    for name, future in asked.items():
        try:
            there[name] = future.result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                hidden.add(name)
            elif error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise refused("what Kafka says of our topics", error.args[0]) from None
    return _Topics(there, frozenset(hidden))


def _brokers(client: AdminClient) -> list[str]:
    """Their ids."""
    try:
        return [str(id) for id in client.list_topics(timeout=ANSWER_S).brokers]
    except KafkaException as error:
        raise refused("what Kafka says of its brokers", error.args[0]) from None


def _config(client: AdminClient, kind: ResourceType, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Name → setting → value; nothing for those whose settings are not shown to this login."""
    if not names:
        return {}
    asked = client.describe_configs([ConfigResource(kind, name) for name in names], request_timeout=ANSWER_S)
    found = {}
    for resource, future in asked.items():
        with suppress(KafkaException):  # the right to see them is not needed by any service
            found[resource.name] = {name: entry.value for name, entry in future.result().items()}
    return found


def _number(config: Mapping[str, str], name: str) -> int | None:
    value = config.get(name) or ""
    return int(value) if value.lstrip("-").isdigit() else None


def _numbers(configs: Mapping[str, Mapping[str, str]], name: str) -> dict[str, int]:
    found = {topic: _number(config, name) for topic, config in configs.items()}
    return {topic: number for topic, number in found.items() if number is not None}


def _names(operations: Any) -> frozenset[str] | None:
    """Of AclOperation; None where Kafka did not say."""
    return None if operations is None else frozenset(operation.name for operation in operations)


def _result(future: Any, what: str) -> Any:
    try:
        return future.result()
    except KafkaException as error:
        raise refused(what, error.args[0]) from None
