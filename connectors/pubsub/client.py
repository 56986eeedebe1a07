"""Google's asyncio client of Pub/Sub on one channel, and what is wrong with it as a sentence.

https is Google, with application default credentials; http is an emulator, without any.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import google.auth
import grpc
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions
from google.pubsub_v1 import PublisherAsyncClient, SubscriberAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport

from streams.ops import addresses
from streams.ops.errors import Misconfigured, StreamsError, Unavailable
from streams.ops.settings import Settings

ANSWER_S = 15.0
_SCOPES = ("https://www.googleapis.com/auth/pubsub",)
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),  # an answer holds up to a thousand messages of 10 MB
    ("grpc.max_reconnect_backoff_ms", 5000),  # gRPC would wait for two minutes after a long outage
)
# What Google's client may raise, beside bugs.
LOST = (exceptions.GoogleAPIError, auth_exceptions.GoogleAuthError, grpc.RpcError)


async def subscriber(settings: Settings) -> SubscriberAsyncClient:
    """A client for what a subscriber does. Raises Misconfigured without a subscription or credentials."""
    check_named(settings)
    return SubscriberAsyncClient(transport=await _transport(SubscriberGrpcAsyncIOTransport, settings))


def check_named(settings: Settings) -> None:
    """Raises Misconfigured where no setting says which subscription."""
    if not settings.pubsub_subscription:
        raise Misconfigured("no subscription: set STREAMS_PUBSUB_SUBSCRIPTION, as projects/PROJECT/subscriptions/NAME")


async def publisher(settings: Settings) -> PublisherAsyncClient:
    """A client for topics. Raises Misconfigured without a topic or credentials."""
    if not settings.pubsub_topic:
        raise Misconfigured("no topic: set STREAMS_PUBSUB_TOPIC, as projects/PROJECT/topics/NAME")
    return PublisherAsyncClient(transport=await _transport(PublisherGrpcAsyncIOTransport, settings))


async def close(client: SubscriberAsyncClient | PublisherAsyncClient) -> None:
    """Let go of its channel."""
    await client.transport.close()  # type: ignore[no-untyped-call]  # because Google's client has no type there


async def _transport(kind: Any, settings: Settings) -> Any:
    """`kind`: the transport of a client; those of the two clients have the same form, and no common type."""
    parts = urlsplit(settings.pubsub_endpoint)
    host = f"{parts.netloc}{'' if parts.port else ':443'}"
    if parts.scheme == "http":
        return kind(channel=grpc.aio.insecure_channel(parts.netloc, options=_OPTIONS))
    try:  # in a thread, because it may ask a metadata server, and wait for it
        credentials, _ = await asyncio.to_thread(google.auth.default, scopes=_SCOPES)
    except auth_exceptions.GoogleAuthError as error:
        raise refused(error, settings) from None

    def channel(*args: Any, options: Sequence[tuple[str, Any]] = (), **named: Any) -> grpc.aio.Channel:
        return kind.create_channel(*args, options=[*options, *_OPTIONS], **named)

    return kind(host=host, credentials=credentials, channel=channel)


def refused(error: BaseException, settings: Settings, what: str = "") -> StreamsError:
    """An error of Google's client as one of ours. `what`: the topic or subscription that was asked for."""
    where = f"Pub/Sub at {addresses.shown(settings.pubsub_endpoint)}"
    what = what or settings.pubsub_subscription
    if isinstance(error, auth_exceptions.DefaultCredentialsError):
        return Misconfigured(
            f"{where} wants a login, and there are no application default credentials: set "
            "GOOGLE_APPLICATION_CREDENTIALS, or run where Google gives a service account"
        )
    if isinstance(error, exceptions.NotFound):
        return Misconfigured(
            f"{where} has no {what}: run `junction-streams source setup pubsub --declare`, or name yours in "
            "STREAMS_PUBSUB_SUBSCRIPTION"
        )
    if isinstance(error, exceptions.Forbidden):
        return Misconfigured(f"{where} does not let this login use {what}: grant it roles/pubsub.subscriber there")
    if isinstance(error, exceptions.Unauthorized):
        return Misconfigured(f"{where} refuses the login: see GOOGLE_APPLICATION_CREDENTIALS")
    if isinstance(error, exceptions.BadRequest) and not isinstance(error, exceptions.OutOfRange):
        return Misconfigured(
            f"{where} cannot do that with {what} ({type(error).__name__}): is it a pull subscription of a topic that "
            "is there? `junction-streams source check pubsub` says more"
        )
    return Unavailable(f"{where} does not answer ({type(error).__name__})")
