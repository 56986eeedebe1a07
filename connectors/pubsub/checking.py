"""`source check pubsub`: whether Pub/Sub answers, lets us in, and keeps what it should."""

from collections.abc import AsyncIterator

from google.api_core import exceptions
from google.pubsub_v1 import SubscriberAsyncClient, Subscription

from connectors.contract.receiving import BYTES_MAX
from connectors.pubsub.client import ANSWER_S, LOST, close, refused, subscriber
from connectors.pubsub.judge import SeenSubscription, judge
from connectors.pubsub.source import MESSAGE_BYTES_MAX
from streams.ops.errors import Unavailable
from streams.ops.lines import Line, State, look_at, ok, wrong
from streams.ops.settings import MIB, Settings

DECLARE = "junction-streams source setup pubsub --declare"
CONSUME = "pubsub.subscriptions.consume"


async def check(settings: Settings) -> list[Line]:
    """A line a finding. Raises Misconfigured where no setting says which subscription."""
    try:
        return await _lines(settings)
    except Unavailable as error:
        return [Line(State.SILENT, "Pub/Sub", str(error), "is the address right, and is there a way to it?")]


async def _lines(settings: Settings) -> list[Line]:
    client = await subscriber(settings)
    try:
        return [one async for one in _look(client, settings)]
    except exceptions.NotFound:
        return [wrong("subscription", f"there is no {settings.pubsub_subscription}", DECLARE)]
    except LOST as error:
        refusal = refused(error, settings)
        if isinstance(refusal, Unavailable):
            raise refusal from None
        return [wrong("login", str(refusal), "see docs/doors.md, Google Pub/Sub")]
    finally:
        await close(client)


async def _look(client: SubscriberAsyncClient, settings: Settings) -> AsyncIterator[Line]:
    name = settings.pubsub_subscription
    try:
        found = await client.get_subscription(subscription=name, retry=None, timeout=ANSWER_S)
    except exceptions.Forbidden:
        grant = f"gcloud pubsub subscriptions add-iam-policy-binding {name} --role=roles/pubsub.viewer --member=..."
        yield ok("Pub/Sub", settings.pubsub_endpoint)
        yield look_at("subscription", "this login may not look at it: what follows is not known", grant)
    else:
        yield ok("Pub/Sub", settings.pubsub_endpoint)
        for one in judge(seen(found), settings.pubsub_topic):
            yield one
    yield await _allowed(client, name)
    yield ok("waiting", "not told by Pub/Sub: Cloud Monitoring has it, as subscription/num_undelivered_messages")
    yield memory(settings)


async def _allowed(client: SubscriberAsyncClient, name: str) -> Line:
    request = {"resource": name, "permissions": [CONSUME]}
    try:
        allowed = (await client.test_iam_permissions(request, timeout=ANSWER_S)).permissions
    except exceptions.Forbidden:
        allowed = ()
    except exceptions.MethodNotImplemented:
        return look_at("rights", "an emulator has none", "unset STREAMS_PUBSUB_ENDPOINT, for Google")
    if CONSUME in allowed:
        return ok("rights", CONSUME)
    grant = f"gcloud pubsub subscriptions add-iam-policy-binding {name} --role=roles/pubsub.subscriber --member=..."
    return wrong("rights", f"this login has no {CONSUME}", grant)


def memory(settings: Settings) -> Line:
    """The most that a process may hold: messages as they came, and what is unpacked at once."""
    n, unpacked = settings.source_messages_max, BYTES_MAX + settings.body_bytes_max
    return ok(
        "memory",
        f"at worst {n * MESSAGE_BYTES_MAX // MIB:,} MiB ahead (STREAMS_SOURCE_MESSAGES_MAX={n} x 10 MB, the largest of "
        f"Pub/Sub) and {unpacked // MIB} MiB unpacked; {n * 12 * 1024 / MIB:.0f} MiB ahead at 12 kB each",
    )


def seen(found: Subscription) -> SeenSubscription:
    """What Pub/Sub says of a subscription, in our words."""
    kinds = (
        ("a push endpoint", found.push_config.push_endpoint),
        ("BigQuery", found.bigquery_config.table),
        ("Cloud Storage", found.cloud_storage_config.bucket),
    )
    changes = (("filter", found.filter), ("transform", found.message_transforms))
    return SeenSubscription(
        name=found.name,
        topic=found.topic,
        is_active=found.state != Subscription.State.RESOURCE_ERROR and not found.detached,
        kind=next((kind for kind, there in kinds if there), "pull"),
        is_ordered=found.enable_message_ordering,
        is_exactly_once=found.enable_exactly_once_delivery,
        ack_deadline_s=found.ack_deadline_seconds,
        retention_s=int(found.message_retention_duration.total_seconds()),
        expires_s=int(found.expiration_policy.ttl.total_seconds()) or None,  # without one: never
        attempts_max=(found.dead_letter_policy.max_delivery_attempts or 5) if found.dead_letter_policy else 0,
        dead_letter_topic=found.dead_letter_policy.dead_letter_topic,
        changes=tuple(kind for kind, there in changes if there),
    )
