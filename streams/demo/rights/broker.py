"""Each attempt at a real Kafka: is it refused? What would change a topic is only asked for (`validate_only`)."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from typing import Any

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
)

from streams.demo.rights.attempts import What
from streams.kafka.clients import SILENT
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.ping import admin_client
from streams.ops.settings import Settings

ANSWER_S = 10.0
POLL_S = 0.1
REFUSED = {
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}
_NO_LOG = logging.Logger("rights")  # a refused transactional id is fatal to its client, which says so at any level
_NO_LOG.addHandler(logging.NullHandler())
OF_GROUP = {KafkaError.GROUP_AUTHORIZATION_FAILED}  # the topic of an offset may be another's
Seen = dict[str, bool]  # name → whether it was let through


class Broker:
    """Kafka, as one role sees it."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._admin = settings, admin_client(settings)
        self._tries: Mapping[What, Callable[[list[str]], Seen]] = {
            What.WRITE: self._write,
            What.READ: self._read,
            What.SEE_CONFIGS: self._see_configs,
            What.ALTER_CONFIGS: self._alter_configs,
            What.ALTER: self._add_partitions,
            What.DELETE_RECORDS: self._delete_records,
            What.DELETE: self._delete,
            What.CREATE: self._create,
            What.GROUP: self._use_group,
            What.TRANSACTION: self._use_id,
            What.CLUSTER_CONFIGS: self._alter_broker,
            What.SEE_RIGHTS: self._see_rights,
            What.ALTER_RIGHTS: self._alter_rights,
            What.PASSWORDS: self._change_password,
        }

    def tried(self, what: What, names: list[str]) -> Seen:
        """Each name, and whether that was let through. Raises KafkaException where Kafka said something else."""
        return self._tries[what](names) if names else {}

    def _write(self, names: list[str]) -> Seen:
        """A record without a key: the brokers look at the right first, and then refuse it for a compacted topic."""
        seen: Seen = {}
        producer = Producer(self._conf | {"acks": "all", "message.timeout.ms": int(ANSWER_S * 1000)})
        for name in names:
            producer.produce(
                name, b"", partition=0, on_delivery=lambda error, _, name=name: seen.update({name: _is_let(error)})
            )
        producer.flush(ANSWER_S)
        return seen

    def _read(self, names: list[str]) -> Seen:
        """From offset 0; an empty partition answers with its end."""
        conf = self._conf | {"group.id": self._settings.sasl_username, "enable.auto.commit": False}
        seen: Seen = dict.fromkeys(self._unseen(names), False)
        with closing(Consumer(conf | {"enable.partition.eof": True, "auto.offset.reset": "earliest"})) as consumer:
            consumer.assign([TopicPartition(name, 0, 0) for name in names])
            until_s = time.monotonic() + ANSWER_S
            while seen.keys() < set(names) and time.monotonic() < until_s:
                for message in consumer.consume(100, POLL_S):
                    if message.topic() in names:
                        seen.setdefault(message.topic(), _is_let(message.error()))
        return seen

    def _unseen(self, names: list[str]) -> list[str]:
        """Topics that Kafka does not even name to this role: of these librdkafka says nothing, and fetches nothing."""
        return [name for name in names if not _is_let(self._admin.list_topics(name, ANSWER_S).topics[name].error)]

    def _see_configs(self, names: list[str]) -> Seen:
        asked = self._admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names])
        return {resource.name: _outcome(future) for resource, future in asked.items()}

    def _alter_configs(self, names: list[str]) -> Seen:
        return self._configs(ResourceType.TOPIC, names, "segment.bytes")

    def _alter_broker(self, names: list[str]) -> Seen:
        return dict.fromkeys(names, self._configs(ResourceType.BROKER, ["1"], "log.segment.bytes")["1"])

    def _configs(self, kind: ResourceType, names: Iterable[str], setting: str) -> Seen:
        entry = ConfigEntry(setting, "16777216", incremental_operation=AlterConfigOpType.SET)
        wanted = [ConfigResource(kind, name, incremental_configs=[entry]) for name in names]
        asked = self._admin.incremental_alter_configs(wanted, validate_only=True)
        return {resource.name: _outcome(future) for resource, future in asked.items()}

    def _add_partitions(self, names: list[str]) -> Seen:
        asked = self._admin.create_partitions([NewPartitions(name, 64) for name in names], validate_only=True)
        return {name: _outcome(future) for name, future in asked.items()}

    def _delete_records(self, names: list[str]) -> Seen:
        asked = self._admin.delete_records([TopicPartition(name, 0, 0) for name in names])  # before the first: none
        return {place.topic: _outcome(future) for place, future in asked.items()}

    def _delete(self, names: list[str]) -> Seen:
        return {name: _outcome(future) for name, future in self._admin.delete_topics(names).items()}

    def _create(self, names: list[str]) -> Seen:
        asked = self._admin.create_topics([NewTopic(name, 1, 1) for name in names], validate_only=True)
        return {name: _outcome(future) for name, future in asked.items()}

    def _use_group(self, names: list[str]) -> Seen:
        """A commit, which needs the same right as joining."""
        place = TopicPartition(f"{self._settings.topic_prefix}.raw.labs", 0, 0)
        seen: Seen = {}
        for name in names:  # the client takes one group at a time
            asked = self._admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(name, [place])])
            seen |= {group: _is_let(_error(partial(_commit, future)), OF_GROUP) for group, future in asked.items()}
        return seen

    def _use_id(self, names: list[str]) -> Seen:
        return {name: _is_let(_error(partial(self._begin, name))) for name in names}

    def _begin(self, transactional_id: str) -> None:
        Producer(self._conf | {"transactional.id": transactional_id}).init_transactions(ANSWER_S)

    def _see_rights(self, names: list[str]) -> Seen:
        """By what Kafka says of this login: librdkafka takes a refusal to show rights for an empty list."""
        asked = self._admin.describe_cluster(include_authorized_operations=True).result()
        return dict.fromkeys(names, AclOperation.DESCRIBE in (asked.authorized_operations or ()))

    def _alter_rights(self, names: list[str]) -> Seen:
        wanted = AclBinding(
            ResourceType.TOPIC, "*", ResourcePatternType.LITERAL, f"User:{self._settings.sasl_username}", "*",
            AclOperation.ALL, AclPermissionType.ALLOW,
        )  # fmt: skip
        return dict.fromkeys(names, all(map(_outcome, self._admin.create_acls([wanted]).values())))

    def _change_password(self, names: list[str]) -> Seen:
        wanted = [UserScramCredentialDeletion("nobody", ScramMechanism.SCRAM_SHA_512)]
        asked = self._admin.alter_user_scram_credentials(wanted)
        return dict.fromkeys(names, all(map(_outcome, asked.values())))

    @property
    def _conf(self) -> dict[str, Any]:
        return for_librdkafka(self._settings) | SILENT | {"logger": _NO_LOG}


def _outcome(future: "Future[Any]") -> bool:
    return _is_let(_error(lambda: future.result(ANSWER_S)))


def _error(call: Callable[[], Any]) -> KafkaError | None:
    try:
        call()
    except KafkaException as error:
        found: KafkaError = error.args[0]
        return found
    return None


def _commit(future: "Future[Any]") -> None:
    """A refusal may be said of the offset alone."""
    for place in future.result(ANSWER_S).topic_partitions:
        if place.error:
            raise KafkaException(place.error)


def _is_let(error: KafkaError | None, refusals: Collection[int] = REFUSED) -> bool:
    """What is refused for another reason than rights was let through: the broker looks at these first."""
    return error is None or error.code() not in refusals
