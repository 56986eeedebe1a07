"""What stands in Event Hubs, as far as its Kafka endpoint tells. Joins no group, commits and takes nothing."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from connectors.event_hubs.access import HubAccess, client_conf, read_access, wrong
from connectors.event_hubs.placing import begin
from streams.ops.errors import Misconfigured, StreamsError
from streams.ops.settings import Settings

ANSWERS_S = (1.0, 4.0)  # who is refused is told early, and a slow broker has time
ANSWER_S = 5.0
_AGAIN_S = 0.2
_SOON = frozenset(
    (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.COORDINATOR_NOT_AVAILABLE)
)


class StandingHub(NamedTuple):
    """`partitions`: 0 where there is no hub. `retention_ms`, `members`: None where this policy is not told.

    `waiting`: messages that the group has not read. `expired`: those that are gone before it had. `is_new`: it has
    committed nothing yet.
    """

    partitions: int
    retention_ms: int | None = None
    members: int | None = None
    waiting: int = 0
    expired: int = 0
    is_new: bool = True


def look(settings: Settings) -> StandingHub:
    """Raises Misconfigured where a login or a right is refused, Unavailable where nobody answers."""
    access, errors = read_access(settings), list[KafkaError]()
    conf = client_conf(settings, access) | {"error_cb": errors.append}
    group = settings.event_hubs_group
    try:
        consumer = Consumer(conf | {"group.id": group, "enable.auto.commit": False})
    except KafkaException as error:  # of a setting: a file that is not there, say
        raise wrong([error.args[0]], access, group) from None
    try:
        partitions = _partitions(consumer, access, errors, group)
        if not partitions:
            return StandingHub(0)
        found = _positions(consumer, access.hub, partitions)
    except KafkaException as error:
        raise wrong([*errors, error.args[0]], access, group) from None
    finally:
        consumer.close()
    client = AdminClient(conf)
    return found._replace(retention_ms=_retention_ms(client, access.hub), members=_members(client, group))


def _partitions(consumer: Consumer, access: HubAccess, errors: list[KafkaError], group: str) -> list[int]:
    """Numbers of the hub's partitions, none where there is no hub."""
    found: StreamsError = wrong(errors, access, group)
    for wait_s in ANSWERS_S:
        try:
            topic = consumer.list_topics(access.hub, timeout=wait_s).topics[access.hub]
        except KafkaException as error:
            consumer.poll(0)  # fills `errors`
            found = wrong([*errors, error.args[0]], access, group)
            if isinstance(found, Misconfigured):
                break
        else:
            if topic.error is not None and topic.error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise wrong([topic.error], access, group)
            return sorted(topic.partitions)
    raise found


def _positions(consumer: Consumer, hub: str, partitions: list[int]) -> StandingHub:
    waiting = expired = 0
    is_new = True
    for place in _committed(consumer, [TopicPartition(hub, one) for one in partitions]):
        oldest, end = consumer.get_watermark_offsets(TopicPartition(hub, place.partition), timeout=ANSWER_S)
        beginning = begin(place.offset, oldest, end)
        waiting += end - beginning.offset
        expired += beginning.n_lost
        is_new = is_new and place.offset < 0
    return StandingHub(len(partitions), waiting=waiting, expired=expired, is_new=is_new)


def _committed(consumer: Consumer, places: list[TopicPartition]) -> list[TopicPartition]:
    """With what the group has committed. Raises KafkaException."""
    deadline_s = time.monotonic() + ANSWER_S
    while True:
        try:
            found: list[TopicPartition] = consumer.committed(places, timeout=ANSWER_S)
            if refused := [one.error for one in found if one.error is not None]:
                raise KafkaException(refused[0])
            return found
        except KafkaException as error:  # for a moment nobody may keep the offsets: of the first group ever, say
            if error.args[0].code() not in _SOON or time.monotonic() > deadline_s:
                raise
        time.sleep(_AGAIN_S)


def _retention_ms(client: AdminClient, hub: str) -> int | None:
    asked = ConfigResource(ResourceType.TOPIC, hub)
    found = _told(lambda: client.describe_configs([asked], request_timeout=ANSWER_S)[asked])
    text = found["retention.ms"].value if found and "retention.ms" in found else ""
    return int(text) if text.lstrip("-").isdigit() else None


def _members(client: AdminClient, group: str) -> int | None:
    found = _told(lambda: client.describe_consumer_groups([group], request_timeout=ANSWER_S)[group])
    return None if found is None else len(found.members)


def _told(ask: Callable[[], "Future[Any]"]) -> Any:
    """The answer; None where Event Hubs does not give it: its Kafka endpoint knows less than Kafka, or the policy may
    only listen."""
    try:
        return ask().result(ANSWER_S)
    except (KafkaException, TimeoutError):
        return None
