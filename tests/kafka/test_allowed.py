"""What is left of changes without the settings that a Kafka refuses."""

import pytest

from streams.kafka.allowed import Allowance, proposal, refuse
from streams.kafka.topic_changes import Action, Change
from streams.ops.errors import Misconfigured

MIB = 1024 * 1024
COPIES, RECORD, POLICY = "min.insync.replicas", "max.message.bytes", "cleanup.policy"


def change(action: Action, **config: str) -> Change:
    return Change("t", action, "differs", {name.replace("_", "."): value for name, value in config.items()})


def test_nothing_refused() -> None:
    """The plan as it was."""
    changes = [change(Action.CREATE, min_insync_replicas="2"), change(Action.IMPOSSIBLE)]
    found = proposal(changes, {Action.CREATE: Allowance()})
    assert (found.changes, found.left_out, found.problem) == (changes, [], "")


def test_left_out() -> None:
    """A setting goes from each change; a topic that would be altered only by it is left alone; how many is counted."""
    allowance = Allowance({(COPIES, "2"): "no"})
    changes = [
        change(Action.CREATE, min_insync_replicas="2", retention_ms="1"),
        change(Action.ALTER, min_insync_replicas="2"),
        change(Action.ALTER, min_insync_replicas="2", retention_ms="1"),
    ]
    found = proposal(changes, {Action.CREATE: allowance, Action.ALTER: allowance})
    assert [(one.action, one.config) for one in found.changes] == [
        (Action.CREATE, {"retention.ms": "1"}),
        (Action.ALTER, {"retention.ms": "1"}),
    ]
    assert all(one.detail == f"differs, without {COPIES}" for one in found.changes)
    (out,) = found.left_out
    assert (out.setting, out.topics, out.why) == (COPIES, 3, "no")


def test_refused_only_on_topics_that_are_there() -> None:
    """What may be set at creation is set then; a topic of another policy cannot be mended by a setting."""
    changes = [change(Action.CREATE, cleanup_policy="compact"), change(Action.ALTER, cleanup_policy="compact")]
    made, there = proposal(changes, {Action.ALTER: Allowance({(POLICY, "compact"): "no"})}).changes
    assert (made.action, made.config) == (Action.CREATE, {POLICY: "compact"})
    assert (there.action, there.config) == (Action.IMPOSSIBLE, {})
    assert there.is_blocking


def test_another_value_of_the_same_setting() -> None:
    """A service that keeps records for seven days at most still keeps those of one day for a day."""
    allowance = Allowance({("retention.ms", "90"): "7 at most"})
    changes = [change(Action.CREATE, retention_ms=days) for days in ("90", "1")]
    assert [one.config for one in proposal(changes, {Action.CREATE: allowance}).changes] == [{}, {"retention.ms": "1"}]


def test_a_policy_is_never_left_out_of_a_new_topic() -> None:
    """A changelog that Kafka deletes from loses its table, and no setting mends it where none may be changed."""
    allowance = Allowance({(POLICY, "compact,delete"): "compact or delete"})
    changes = [change(Action.CREATE, cleanup_policy=policy) for policy in ("compact", "compact,delete")]
    found = proposal(changes, {Action.CREATE: allowance})
    assert (found.changes, found.left_out) == (changes, [])
    with pytest.raises(Misconfigured, match=r"cleanup.policy=compact,delete \(compact or delete\), without which t "):
        refuse(found)


@pytest.mark.parametrize(
    ("most", "words"),
    [(8 * MIB, "STREAMS_RECORD_BYTES_MAX=8388608 for every process"), (None, "look at STREAMS_RECORD_BYTES_MAX")],
)
def test_a_record_that_is_too_large(most: int | None, words: str) -> None:
    """It is never left out: the product would be stopped later, with an event in hand."""
    wanted = [change(Action.ALTER, max_message_bytes=str(20 * MIB), min_insync_replicas="2")]
    found = proposal(
        wanted, {Action.ALTER: Allowance({(RECORD, str(20 * MIB)): "above 8388608", (COPIES, "2"): "no"}, most)}
    )
    assert [one.config for one in found.changes] == [{RECORD: str(20 * MIB)}]
    with pytest.raises(Misconfigured, match=words):
        refuse(found)
