"""What is wrong with Pub/Sub, as a sentence that says who has to act."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import grpc
import pytest

from connectors.contract.source import SourceMessage
from connectors.pubsub.client import publisher, subscriber
from connectors.pubsub.source import PubSubSource
from connectors.pubsub.topology import declare
from streams.demo.cluster import ports
from streams.demo.pipelines.pubsub import FakePubSub
from streams.ops.errors import Misconfigured, StreamsError, Unavailable
from streams.ops.settings import MIB, Settings

T = TypeVar("T")


def settings_at(endpoint: str, **others: object) -> Settings:
    names = {"pubsub_subscription": "projects/clinic/subscriptions/s", "pubsub_topic": "projects/clinic/topics/t"}
    return Settings(_env_file=None, pubsub_endpoint=endpoint, **{**names, **others})


class Refusing(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # because grpc has no types
    """Answers every call with one code."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    async def intercept_service(self, continuation: object, details: object) -> grpc.RpcMethodHandler:
        async def refuse(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
            await context.abort(self._code, "planted-detail")
            return b""

        return grpc.unary_unary_rpc_method_handler(refuse)


async def asked(code: grpc.StatusCode, ask: Callable[[Settings], Awaitable[T]]) -> T:
    """What comes of asking a server that is not Pub/Sub's, and answers so."""
    server = grpc.aio.server(interceptors=[Refusing(code)])
    port = server.add_insecure_port(f"{ports.LOOPBACK}:0")
    await server.start()
    try:
        return await ask(settings_at(f"http://{ports.LOOPBACK}:{port}"))
    finally:
        await server.stop(None)


async def received(settings: Settings) -> list[SourceMessage]:
    """What a source gives."""
    source = PubSubSource(settings)
    try:
        return await source.receive(1)
    finally:
        await source.close()


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("PERMISSION_DENIED", Misconfigured, "grant it roles/pubsub.subscriber"),
        ("UNAUTHENTICATED", Misconfigured, "refuses the login"),
        ("NOT_FOUND", Misconfigured, "run `junction-streams source setup pubsub --declare`"),
        ("FAILED_PRECONDITION", Misconfigured, "source check pubsub"),
        ("INVALID_ARGUMENT", Misconfigured, "source check pubsub"),
        ("UNAVAILABLE", Unavailable, "does not answer"),
        ("RESOURCE_EXHAUSTED", Unavailable, "does not answer"),
        ("INTERNAL", Unavailable, "does not answer"),
        ("UNKNOWN", Unavailable, "does not answer"),
        ("ABORTED", Unavailable, "does not answer"),
        ("CANCELLED", Unavailable, "does not answer"),
    ],
)
def test_who_acts(code: str, kind: type[StreamsError], words: str) -> None:
    """A person for what stays so, nobody for what passes; what the other side said is not repeated."""
    with pytest.raises(kind, match=re.escape(words)) as raised:
        asyncio.run(asked(grpc.StatusCode[code], received))
    assert "planted" not in str(raised.value)


def test_no_time_is_no_error() -> None:
    """A pull that nothing came for ends so, and the source is quiet."""

    assert asyncio.run(asked(grpc.StatusCode.DEADLINE_EXCEEDED, received)) == []


def test_nobody_there() -> None:
    """Waited for: it may come back."""
    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:\d+ does not answer"):
        asyncio.run(received(settings_at(f"http://{ports.LOOPBACK}:{ports.random_free()}")))


def test_no_subscription_and_no_topic_of_that_name(pubsub: FakePubSub) -> None:
    """The sentence names the command that makes it; without a setting, the setting."""
    with pytest.raises(Misconfigured, match="source setup pubsub --declare"):
        asyncio.run(received(settings_at(pubsub.endpoint)))
    with pytest.raises(Misconfigured, match="STREAMS_PUBSUB_SUBSCRIPTION"):
        asyncio.run(subscriber(settings_at(pubsub.endpoint, pubsub_subscription="")))
    with pytest.raises(Misconfigured, match="STREAMS_PUBSUB_TOPIC"):
        asyncio.run(publisher(settings_at(pubsub.endpoint, pubsub_topic="")))


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials of whoever runs the tests, and no metadata server."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)


def test_no_credentials(nobody: None) -> None:
    """A person has to act, and nothing was sent to anybody."""
    with pytest.raises(Misconfigured, match="GOOGLE_APPLICATION_CREDENTIALS"):
        asyncio.run(received(settings_at("https://localhost:1")))


@pytest.mark.parametrize("endpoint", ["http://pubsub.example.com", "http://8.8.8.8:80", "pubsub.example.com:443"])
def test_people_s_data_do_not_go_in_the_clear(endpoint: str) -> None:
    """http is for hosts of our own."""
    with pytest.raises((Misconfigured, ValueError)):
        settings_at(endpoint)


@pytest.mark.parametrize(
    "name", ["s", "projects/p/topics/t", "projects/p/subscriptions/s/x", "projects//subscriptions/s"]
)
def test_a_subscription_has_its_whole_name(name: str) -> None:
    """A short one would be looked for in nobody's project."""
    with pytest.raises(ValueError, match="pubsub_subscription"):
        settings_at("http://localhost:1", pubsub_subscription=name)


def test_every_message_fits_into_a_record() -> None:
    """A dead letter holds the bytes as they came: Pub/Sub has no place to keep those of a larger one."""
    with pytest.raises(Misconfigured, match="STREAMS_RECORD_BYTES_MAX"):
        PubSubSource(settings_at("http://localhost:1", record_bytes_max=8 * MIB))


def test_declared_twice_is_once(pubsub: FakePubSub, prefix: str) -> None:
    """What is there and equal stays; what is there and differs is named, not changed."""
    names = {name: f"projects/clinic/{name[7:]}s/{prefix}" for name in ("pubsub_subscription", "pubsub_topic")}
    settings = settings_at(pubsub.endpoint, **names)

    async def run() -> None:
        await declare(settings)
        await declare(settings)
        client = await subscriber(settings)
        found = await client.get_subscription(subscription=settings.pubsub_subscription)
        assert (found.enable_message_ordering, found.ack_deadline_seconds) == (True, 60)
        assert found.message_retention_duration.days == 7
        assert not found.enable_exactly_once_delivery
        assert re.search("expiration_policy", str(found))
        await declare(settings.model_copy(update={"pubsub_topic": f"{settings.pubsub_topic}-other"}))

    with pytest.raises(Misconfigured, match="source check pubsub"):
        asyncio.run(run())
