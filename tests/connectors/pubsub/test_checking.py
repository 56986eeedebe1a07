"""`source check pubsub`: each thing that loses or doubles messages has its line, and the command that changes it."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from google.pubsub_v1 import DeadLetterPolicy, ExpirationPolicy, MessageTransform, PushConfig, Subscription

from connectors.pubsub.checking import DECLARE, check, memory, seen
from connectors.pubsub.judge import judge
from connectors.pubsub.topology import declare, wanted
from streams.demo.pipelines.pubsub import FakePubSub
from streams.ops.lines import Line
from streams.ops.settings import MIB
from tests.connectors.pubsub.test_client import asked, settings_at

SETTINGS = settings_at("https://localhost:1")
UPDATE = f"gcloud pubsub subscriptions update {SETTINGS.pubsub_subscription}"


def of(findings: list[Line], what: str) -> Line:
    return next(one for one in findings if one.about == what)


def page(there: Subscription) -> list[tuple[str, ...]]:
    return [(str(state), *words) for state, *words in judge(seen(there), SETTINGS.pubsub_topic)]


def test_as_it_is_made_nothing_is_wrong() -> None:
    """What `source setup pubsub --declare` makes is what is looked for."""
    assert page(wanted(SETTINGS)) == [
        ("ok", "subscription", "there, of projects/clinic/topics/t", ""),
        ("ok", "ordering", "on", ""),
        ("ok", "exactly-once", "off", ""),
        ("ok", "retention", "7 days", ""),
        ("ok", "ack deadline", "60 s", ""),
        ("ok", "expiration", "never", ""),
        ("ok", "dead-letter policy", "none: a message waits until it is acknowledged", ""),
    ]


def test_all_that_may_be_wrong() -> None:
    """Each says what becomes of messages, and the command that mends it, with the whole name."""
    update, new = (
        "gcloud pubsub subscriptions update s",
        "set STREAMS_PUBSUB_SUBSCRIPTION to a new name, then junction-streams source setup pubsub --declare",
    )
    worst = Subscription(
        name="s",
        topic="_deleted-topic_",
        enable_exactly_once_delivery=True,
        ack_deadline_seconds=10,
        message_retention_duration=timedelta(days=1),
        expiration_policy=ExpirationPolicy(ttl=timedelta(days=31)),
        dead_letter_policy=DeadLetterPolicy(dead_letter_topic="d", max_delivery_attempts=7),
        filter="attributes.x",
        message_transforms=[MessageTransform()],
    )
    assert page(worst) == [
        ("wrong", "subscription", "its topic is deleted, or it is not active: nothing comes any more", new),
        ("look at", "ordering", "off, and it stays so: a user's events come in any order, versions decide", new),
        (
            *("look at", "exactly-once", "on: Junction advises against it together with ordering, it is slow"),
            f"{update} --no-enable-exactly-once-delivery",
        ),
        ("look at", "retention", "1 days: a longer stop loses events", f"{update} --message-retention-duration=7d"),
        (
            *("look at", "ack deadline", "10 s: what is pulled comes twice if this machine pauses for so long"),
            f"{update} --ack-deadline=60",
        ),
        (
            *("look at", "expiration", "after 31 days without a door it is deleted, with what waits in it"),
            f"{update} --expiration-period=never",
        ),
        (
            *("wrong", "dead-letter policy"),
            "after 7 deliveries a message goes to d, which no door reads; a door that is stopped or killed is one of "
            "them",
            f"{update} --clear-dead-letter-policy",
        ),
        (
            *("wrong", "every message"),
            "a filter and a transform of the subscription: Pub/Sub drops what that leaves out",
            new,
        ),
    ]
    elsewhere = [one for one in page(Subscription(name="s", topic="x")) if one[1] == "subscription"]
    change = "set STREAMS_PUBSUB_TOPIC, or make another one"
    assert elsewhere == [("wrong", "subscription", "it is of x, not of projects/clinic/topics/t", change)]


@pytest.mark.parametrize(
    ("changes", "what", "state", "words", "change"),
    [
        ({"enable_message_ordering": False}, "ordering", "look at", "versions decide", "setup pubsub --declare"),
        ({"enable_exactly_once_delivery": True}, "exactly-once", "look at", "slow", "--no-enable-exactly-once"),
        ({"message_retention_duration": timedelta(days=6)}, "retention", "look at", "6 days", "duration=7d"),
        ({"ack_deadline_seconds": 29}, "ack deadline", "look at", "29 s", "--ack-deadline=60"),
        ({"ack_deadline_seconds": 30}, "ack deadline", "ok", "30 s", ""),
        (
            {"expiration_policy": ExpirationPolicy(ttl=timedelta(days=31))},
            *("expiration", "look at", "after 31 days", "--expiration-period=never"),
        ),
        (
            {"dead_letter_policy": DeadLetterPolicy(dead_letter_topic="projects/p/topics/d", max_delivery_attempts=7)},
            *(
                "dead-letter policy",
                "wrong",
                "after 7 deliveries a message goes to projects/p/topics/d",
                "--clear-dead",
            ),
        ),
        (
            {"dead_letter_policy": DeadLetterPolicy(dead_letter_topic="d")},
            "dead-letter policy",
            "wrong",
            "5",
            "--clear",
        ),
        ({"filter": "attributes.x"}, "every message", "wrong", "a filter", "setup pubsub --declare"),
        ({"message_transforms": [MessageTransform()]}, "every message", "wrong", "a transform", "--declare"),
        (
            {"push_config": PushConfig(push_endpoint="https://x")},
            "subscription",
            "wrong",
            "push",
            f"{UPDATE} --push-endpoint=",
        ),
        ({"bigquery_config": {"table": "t"}}, "subscription", "wrong", "BigQuery", "--push-endpoint="),
        ({"topic": "_deleted-topic_"}, "subscription", "wrong", "deleted", "STREAMS_PUBSUB_SUBSCRIPTION"),
        ({"detached": True}, "subscription", "wrong", "not active", "STREAMS_PUBSUB_SUBSCRIPTION"),
        ({"topic": "projects/p/topics/x"}, "subscription", "wrong", "not of projects/clinic/topics/t", "set STREAMS"),
    ],
)
def test_what_is_wrong_has_its_line(changes: dict[str, object], what: str, state: str, words: str, change: str) -> None:
    """One line changes, and no other; it says what was seen, and the command."""
    there = wanted(SETTINGS)
    for name, value in changes.items():
        setattr(there, name, value)
    findings = [*judge(seen(there), SETTINGS.pubsub_topic)]
    found = of(findings, what)
    assert found.state == state
    assert words in found.found
    assert change in found.change
    assert {one.state for one in findings if one is not found} == {"ok"}


def test_a_topic_that_no_setting_names_is_not_compared() -> None:
    """The door itself does not need it."""
    assert of([*judge(seen(wanted(SETTINGS)), "")], "subscription").state == "ok"


def test_the_most_memory_is_computed() -> None:
    """Pub/Sub bounds the number of messages and not their bytes; then what is unpacked at once."""
    settings = settings_at("https://localhost:1", source_messages_max=100, body_bytes_max=8 * MIB)
    found = memory(settings).found
    assert found.startswith("at worst 953 MiB ahead (STREAMS_SOURCE_MESSAGES_MAX=100 x 10 MB")
    assert "and 24 MiB unpacked" in found


def test_on_a_pubsub(pubsub: FakePubSub, prefix: str) -> None:
    """All that can be asked is asked; what the fake has not is said, and is no error."""
    names = {name: f"projects/clinic/{name[7:]}s/{prefix}" for name in ("pubsub_subscription", "pubsub_topic")}
    settings = settings_at(pubsub.endpoint, **names)
    assert [(one.state, one.change) for one in asyncio.run(check(settings))] == [("wrong", DECLARE)]

    async def made() -> list[Line]:
        await declare(settings)
        return await check(settings)

    findings = asyncio.run(made())
    assert [one.about for one in findings if one.state != "ok"] == ["rights"]
    assert len(findings) == 11


@pytest.mark.parametrize(
    ("code", "state", "about"),
    [
        ("UNAVAILABLE", "no answer", "Pub/Sub"),
        ("UNAUTHENTICATED", "wrong", "login"),
        ("NOT_FOUND", "wrong", "subscription"),
    ],
)
def test_a_refusal_is_a_line(code: str, state: str, about: str) -> None:
    """Not an error: whoever asks what is wrong is told."""
    found = asyncio.run(asked(grpc.StatusCode[code], check))
    assert [(one.state, one.about) for one in found] == [(state, about)]


def test_one_that_may_not_look_is_told_what_it_lacks() -> None:
    """The door itself needs no more than to take messages."""
    lines = asyncio.run(asked(grpc.StatusCode.PERMISSION_DENIED, check))
    assert {one.about: one.state for one in lines}["subscription"] == "look at"
