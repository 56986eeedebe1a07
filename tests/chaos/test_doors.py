"""A door is killed under load, shortened; and that the verdict sees what is wrong."""

from pathlib import Path

import pytest

from streams.demo.cluster import Cluster
from streams.demo.pipelines.rabbitmq import RabbitMQ
from streams.events import encode_headers, topics
from streams.ops.settings import Settings
from tests.chaos.doors.pipeline import sending
from tests.chaos.doors.rabbit import RabbitPipeline
from tests.chaos.doors.run import run
from tests.chaos.doors.verdict import judge
from tests.doors import StoredMessage

SENT = [sending(n, users=2) for n in range(6)]


def stored_as(n: int, **other: object) -> StoredMessage:
    one = SENT[n]
    headers = encode_headers([("ce_id", f"{one.event_type}/{one.key}")])
    return StoredMessage("raw.summaries", 0, b"k", one.body, headers)._replace(**other)


ALL = [stored_as(n) for n in range(6)]


def test_all_is_there() -> None:
    """A repetition is counted, and nothing is wrong with it."""
    verdict = judge(SENT, [*ALL[:4], *ALL[2:]])
    assert (verdict.is_right, verdict.repeated, verdict.unordered) == (True, 2, 0)


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (ALL[1:], "lost"),
        ([*ALL[:5], stored_as(5, value=b"cut")], "wrong"),
        ([*ALL[:5], stored_as(5, topic=topics.DEAD_LETTERS)], "wrong"),
        ([*ALL[:5], stored_as(5, headers=[])], "wrong"),
    ],
)
def test_the_verdict_sees_it(found: list[StoredMessage], where: str) -> None:
    """A message that is not there, another body, a dead letter, an id of something else."""
    verdict = judge(SENT, found)
    assert not verdict.is_right
    assert getattr(verdict, where) == 1


def test_the_verdict_sees_the_order() -> None:
    """A user's messages out of order; those of two users may lie in any."""
    assert judge(SENT, [ALL[1], ALL[0], *ALL[2:]]).unordered == 0
    assert judge(SENT, [ALL[2], ALL[0], ALL[1], *ALL[3:]]).unordered == 1


def test_nothing_was_published() -> None:
    """A run in which nothing happened shows nothing."""
    assert not judge([], []).is_right


def test_a_door_is_killed_under_load(cluster: Cluster, settings: Settings, rabbitmq: RabbitMQ, tmp_path: Path) -> None:
    """SIGKILL twice while messages come: each one is on Kafka, byte for byte."""
    pipeline = RabbitPipeline(broker=rabbitmq, name=settings.topic_prefix)
    result = run("door_kill_short", pipeline, cluster, settings, tmp_path, seconds=2, rate=800)
    assert result.is_right, result
    assert result.verdict.published > 500
