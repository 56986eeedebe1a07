"""Who drains a queue: a command, and its settings."""

import sys
from dataclasses import dataclass

from streams.ops.settings import Settings
from tests.chaos.doors.pipeline import Pipeline
from tests.chaos.doors.rabbit import RabbitPipeline

AHEAD = 400  # messages that each may hold


@dataclass(frozen=True)
class Contestant:
    """`command`: of a process that runs until it is killed."""

    name: str
    command: list[str]
    env: dict[str, str]


def ours(settings: Settings, pipeline: Pipeline) -> Contestant:
    """`source NAME`."""
    kafka = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_SOURCE_MESSAGES_MAX": str(AHEAD),
    }
    return Contestant("ours", [sys.executable, "-m", "streams.cli", "source", pipeline.door], kafka | pipeline.env)


def plain(settings: Settings, topic: str, pipeline: RabbitPipeline) -> Contestant:
    """aio-pika, one acknowledgement each."""
    where = [pipeline.broker.url.get_secret_value(), pipeline.settings.rabbitmq_queue]
    onto = [settings.bootstrap_servers, topic, str(settings.partitions), str(AHEAD)]
    return Contestant("aio-pika", [sys.executable, "-m", "benchmarks.doors.plain", *where, *onto], {})
