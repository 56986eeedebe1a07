"""What is refused before anything is sent."""

from typing import Any

import pytest
from pydantic import SecretStr

from connectors.junction.etl_pipelines import BlobContainer, ExchangeTarget, HubMatcher, HubTarget, TopicTarget
from connectors.junction.pipeline_checks import check
from streams.ops.errors import Misconfigured
from tests.connectors.junction.pipelines import AZURE, BLOBS, MARKER, PUBSUB, TARGETS, URI, pipeline


def rabbit(uri: str, exchange: str = "junction") -> ExchangeTarget:
    return ExchangeTarget(SecretStr(uri), exchange)


def hubs(text: str, hub: str = "junction", *matchers: HubMatcher) -> HubTarget:
    return HubTarget(SecretStr(text), hub, matchers)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.key)
def test_what_is_right_passes(target: Any) -> None:
    """Each kind of target, for all events and for some."""
    check(pipeline(target))
    check(pipeline(target, prefixes=("daily.data.", "historical.")))
    check(pipeline(hubs(f"{NS};SharedAccessSignature=SharedAccessSignature sr={MARKER}".replace(" ", "%20"))))


AT = "broker.example.org/v"
NS = "Endpoint=sb://ns.servicebus.windows.net/"
KEY = f"SharedAccessKey={MARKER}"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (rabbit(""), "is it the right file"),
        (rabbit(f"amqps://u:{MARKER}@{AT}\namqps://v:w@{AT}"), "is it the right file"),
        (rabbit(f"amqps://u:{MARKER}\udc80@{AT}"), "is it the right file"),
        (rabbit(f"https://u:{MARKER}@{AT}"), "amqps://user:password@host"),
        (rabbit(f"amqps://u:{MARKER}"), "amqps://user:password@host"),
        (rabbit(f"amqps://u:a@{MARKER}@{AT}"), "percent-encoded"),
        (rabbit(f"amqps://u:p@{MARKER}/w@{AT}"), "percent-encoded"),
        (rabbit(f"amqps://u:{MARKER} x@{AT}"), "is it the right file"),
        (rabbit(f"amqps://{MARKER}@{AT}"), "no password"),
        (rabbit(f"amqp://u:{MARKER}@{AT}"), "in the clear"),
        (rabbit(f"amqps://u:{MARKER}@rabbitmq:5671/v"), "from outside"),
        (rabbit(f"amqps://u:{MARKER}@10.0.0.7/v"), "from outside"),
        (ExchangeTarget(URI, ""), "no exchange"),
        (TopicTarget("p", "projects/p/topics/t"), "of projects/P/topics/T"),
        (TopicTarget("", "t"), "of projects/P/topics/T"),
        (hubs(f"amqps://u:{MARKER}@{AT}"), "Endpoint=sb://"),
        (hubs(f"{NS};SharedAccessKeyName=send"), "SharedAccessKey="),
        (hubs(f"{NS};SharedAccessKeyName=send;{KEY};EntityPath=junction"), "EntityPath"),
        (hubs(f"{NS};SharedAccessKeyName=RootManageSharedAccessKey;{KEY}"), "Send alone"),
        (HubTarget(AZURE, ""), "no event hub"),
        (HubTarget(AZURE, "j", (HubMatcher(prefix="a.", regex="^a", hub="h"),)), "either a prefix"),
        (HubTarget(AZURE, "j", (HubMatcher(prefix="a."),)), "either an event hub or blobs"),
        (HubTarget(AZURE, "j", (HubMatcher(prefix="a.", blobs=BlobContainer(BLOBS, "")),)), "no container"),
    ],
)
def test_what_junction_cannot_use_is_a_sentence(target: Any, words: str) -> None:
    """It says what to do, and has nothing of the secret."""
    with pytest.raises(Misconfigured) as caught:
        check(pipeline(target))
    assert words in str(caught.value)
    assert MARKER not in str(caught.value)


@pytest.mark.parametrize("changes", [{"prefixes": ("",)}, {"prefixes": ("daily.", " ")}, {"prefixes": ("a\x1b",)}])
def test_an_empty_prefix_is_refused(changes: dict[str, Any]) -> None:
    """It would let everything pass beside the others."""
    with pytest.raises(Misconfigured, match="--prefix"):
        check(pipeline(PUBSUB, **changes))


def test_a_team_is_named_by_its_id() -> None:
    """A name, or nothing, is refused before Junction is asked."""
    with pytest.raises(Misconfigured, match="UUID"):
        check(pipeline(PUBSUB, "my team"))


def test_beside_the_fake_a_broker_of_our_own_is_right() -> None:
    """STREAMS_INSECURE lets a broker without TLS and with a name of our own pass, and no more."""
    check(pipeline(rabbit("amqp://guest:guest@127.0.0.1/v")), insecure=True)
    with pytest.raises(Misconfigured, match="no password"):
        check(pipeline(rabbit("amqp://guest@127.0.0.1/v")), insecure=True)
