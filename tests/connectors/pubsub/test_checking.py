"""`source check pubsub`: each thing that loses or doubles messages has its line, and the command that changes it."""

import asyncio
import json
from datetime import timedelta

import grpc
import pytest
from google.pubsub_v1 import DeadLetterPolicy, ExpirationPolicy, MessageTransform, PushConfig

from connectors.doors.check_lines import CheckLine
from connectors.pubsub.checking import DECLARE, check, memory, seen
from connectors.pubsub.judge import judge
from connectors.pubsub.topology import declare, wanted
from streams.demo.cluster import ports
from streams.demo.pipelines.pubsub import FakePubSub
from streams.ops.settings import MIB, Settings
from tests.cli.test_commands import run
from tests.connectors.pubsub.test_client import asked, settings_at

SETTINGS = settings_at("https://localhost:1")


def of(findings: list[CheckLine], what: str) -> CheckLine:
    return next(one for one in findings if one.about == what)


def test_as_it_is_made_nothing_is_wrong() -> None:
    """What `source setup pubsub --declare` makes is what is looked for."""
    assert {one.state for one in judge(seen(wanted(SETTINGS)), SETTINGS.pubsub_topic)} == {"ok"}


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
        ({"push_config": PushConfig(push_endpoint="https://x")}, "subscription", "wrong", "push", "--push-endpoint="),
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

    async def made() -> list[CheckLine]:
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


def test_exit_codes(pubsub: FakePubSub, prefix: str) -> None:
    """1 where a person has to act, 3 where nobody answers, else 0; as JSON for machines."""
    env = {"STREAMS_PUBSUB_ENDPOINT": pubsub.endpoint, "STREAMS_PUBSUB_TOPIC": f"projects/p/topics/{prefix}"}
    env["STREAMS_PUBSUB_SUBSCRIPTION"] = f"projects/p/subscriptions/{prefix}"
    command = ("source", "check", "pubsub")
    assert run(*command, **env).returncode == 1
    asyncio.run(declare(Settings(_env_file=None, **{name[8:].lower(): text for name, text in env.items()})))
    ended = run(*command, "--json", **env)
    assert (ended.returncode, json.loads(ended.stdout)["exit"]) == (0, 0)
    gone = {**env, "STREAMS_PUBSUB_ENDPOINT": f"http://{ports.LOOPBACK}:{ports.random_free()}"}
    assert run(*command, **gone).returncode == 3
