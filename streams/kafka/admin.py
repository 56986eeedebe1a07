"""The topics as they are against the topics as they have to be: plan, apply, and the check before a service starts.

A partition count is never changed: it decides where each user lives. Replication is set on creation and not compared
afterwards: moving replicas is the operators' work.
"""

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.events import Topic, topics
from streams.kafka import admin_calls, allowance, allowed
from streams.kafka.admin_calls import ANSWER_S
from streams.kafka.allowed import Proposal
from streams.kafka.ping import admin_client
from streams.kafka.refused import forbidden
from streams.kafka.topic_changes import Action, Change, difference, named, refuse_impossible
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings


def layout_of(settings: Settings) -> list[Topic]:
    """Every topic of the product for these settings."""
    return topics.layout(
        settings.topic_prefix,
        settings.group_id,
        partitions=settings.partitions,
        replication=settings.replication,
        kept=topics.Kept(
            settings.raw_retention_days, settings.clean_days, settings.compaction_days, settings.lineage_days
        ),
        record_bytes_max=settings.record_bytes_max,
    )


def client_of(settings: Settings) -> AdminClient:
    """An admin client; it connects on first use. Raises Misconfigured: no address, or files it cannot read."""
    settings.need_kafka()
    return admin_client(settings)


def plan(settings: Settings, client: AdminClient | None = None, *, partitions_only: bool = False) -> list[Change]:
    """What differs, in the order of the layout; empty when all is right. Raises Unavailable; Misconfigured
    where this login may not look.

    `partitions_only` leaves out the settings of the topics, which cost several times as much to ask for.
    """
    client = client or client_of(settings)
    counts = admin_calls.partition_counts(client, settings)
    wanted = layout_of(settings)
    if not settings.is_mock:
        admin_calls.check_visible(client, [topic for topic in wanted if topic.name not in counts])
    existing = [] if partitions_only or settings.is_mock else [topic for topic in wanted if topic.name in counts]
    configs = admin_calls.configs(client, existing)
    changes = (difference(topic, counts.get(topic.name), configs.get(topic.name)) for topic in wanted)
    return [change for change in changes if change]


def propose(settings: Settings, client: AdminClient | None = None) -> Proposal:
    """What `apply` would do: the plan without the settings that this Kafka lets nobody set. Raises Unavailable."""
    client = client or client_of(settings)
    changes = plan(settings, client)
    learnt = {} if settings.is_mock else allowance.allowances(client, layout_of(settings), changes)
    return allowed.proposal(changes, learnt)


def apply(settings: Settings) -> Proposal:
    """Create and alter what differs; returns what was done. Safe to repeat, and to run twice at once.

    Raises Misconfigured, before it touches anything, when a topic cannot be mended; Unavailable.
    """
    client = client_of(settings)
    found = propose(settings, client)
    allowed.refuse(found)
    refuse_impossible(found.changes)
    wanted = {change.topic: change.config for change in found.changes if change.action is Action.CREATE}
    created = [topic for topic in layout_of(settings) if topic.name in wanted]
    admin_calls.create(client, [(topic, wanted[topic.name]) for topic in created])
    altered = [change for change in found.changes if change.action is Action.ALTER]
    admin_calls.alter(client, altered)
    admin_calls.wait_until_led(client, created)
    admin_calls.wait_until_set(client, altered)
    return found


def check_layout(settings: Settings, client: AdminClient | None = None, *, partitions_only: bool = False) -> None:
    """Raises Misconfigured naming the command that mends the layout; Unavailable when Kafka does not answer."""
    blocking = [change for change in plan(settings, client, partitions_only=partitions_only) if change.is_blocking]
    refuse_impossible(blocking)
    if blocking:
        raise Misconfigured(
            f"topics are not as they have to be: {named(blocking)}. Run `junction-streams topics apply`."
        )


def check_writable(settings: Settings, shorts: Iterable[str]) -> None:
    """Raises Misconfigured naming the first of these topics that this login may not write, where Kafka says that."""
    names = [f"{settings.topic_prefix}.{short}" for short in shorts]
    found = None if settings.is_mock else admin_calls.unwritable(client_of(settings), names)
    if found:
        raise forbidden(f"writing {found}", KafkaError.TOPIC_AUTHORIZATION_FAILED)


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
