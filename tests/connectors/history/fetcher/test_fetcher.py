"""The fetcher on a real Kafka: every page once, whatever happens to its processes, and users take turns."""

import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from connectors.history.fetch_requests import request_rows
from streams.events import topics
from streams.events.partitions import partition_for
from streams.events.times import DAY_US
from streams.kafka import admin
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.send import send
from streams.ops.settings import Settings
from streams.tables.history import progress
from streams.tables.history.request import Request
from tests.connectors.history.fetcher.fetch_worker import PAGES

REPO = Path(__file__).parents[4]
END_US = 1_780_500_000_000_000
DONE_S = 60.0


class Fetchers:
    """Processes of one group on topics of their own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        admin.apply(settings)

    def start(self, name: str, **env: str) -> None:
        self.settings.state_dir.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "STREAMS_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "STREAMS_GROUP_ID": self.settings.group_id,
            "STREAMS_TOPIC_PREFIX": self.settings.topic_prefix,
            "STREAMS_PARTITIONS": str(self.settings.partitions),
            "STREAMS_WORKER_ID": name,
            "STREAMS_STATE_DIR": str(self.settings.state_dir / name),
            "STREAMS_SESSION_TIMEOUT_S": "6",
            **env,
        }
        log = (self.settings.state_dir / f"{name}.log").open("ab")
        command = [sys.executable, "-m", "tests.connectors.history.fetcher.fetch_worker"]
        self.processes[name] = subprocess.Popen(command, env=environment, cwd=REPO, stderr=log)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait(30)

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def read(self, name: str) -> list[Message]:
        """Every committed record of a topic so far."""
        conf = {"group.id": "reader", "isolation.level": "read_committed", "enable.partition.eof": True}
        consumer = Consumer(for_librdkafka(self.settings) | conf)
        left = set(range(self.settings.partitions))
        topic = f"{self.settings.topic_prefix}.{name}"
        consumer.assign([TopicPartition(topic, partition, 0) for partition in left])
        found = []
        while left:
            for message in consumer.consume(5_000, 0.5):
                if message.error():
                    left.discard(message.partition())
                else:
                    found.append(message)
        consumer.close()
        return found

    def wait_over(self, jobs: int) -> list[progress.JobProgress]:
        """What was said, once every job has said that it is over."""
        deadline_s = time.monotonic() + DONE_S
        while time.monotonic() < deadline_s:
            said = [progress.decode(m.value()) for m in self.read(topics.FETCH_PROGRESS)]
            if len({(p.user_id, p.resource) for p in said if not p.due_ms}) >= jobs:
                return said
            time.sleep(0.3)
        logs = "\n".join(path.read_text()[-1500:] for path in self.settings.state_dir.glob("*.log"))
        raise AssertionError(f"jobs do not end: {logs}")


@pytest.fixture
def fetchers(settings: Settings) -> Iterator[Fetchers]:
    made = Fetchers(settings)
    yield made
    made.close()


def request(user: str, resource: str = "sleep", days: int = 120) -> Request:
    return Request(f"bf_{user}_{resource}", user, "oura", resource, END_US - days * DAY_US, END_US)


def pages_of(messages: list[Message]) -> Counter[tuple[str, str]]:
    bodies: list[Any] = [json.loads(message.value()) for message in messages]
    return Counter((body["user_id"], body["data"]["id"]) for body in bodies)


def test_every_page_once(fetchers: Fetchers) -> None:
    """Killed in the middle of pages, joined by another, robbed of its state, with trouble now and then: no page is
    missing, none is there twice; progress only grows; all is marked historical and lies in its user's partition."""
    users = [f"user-{n}" for n in range(12)]
    asked = [request(user, resource) for user in users for resource in ("sleep", "activity")]
    send(
        fetchers.settings,
        request_rows(fetchers.settings.topic_prefix, fetchers.settings.partitions, asked),
        "the request",
    )
    trouble = {"TROUBLE": "0.02", "SLOW_S": "0.3"}
    fetchers.start("f0", **trouble)
    for round_ in range(3):
        time.sleep(3.5 + 0.4 * round_)
        fetchers.kill("f0")
        fetchers.start("f0", **trouble)
        if round_ == 0:
            fetchers.start("f1", **trouble)
    said = fetchers.wait_over(len(asked))
    raw = fetchers.read("raw.summaries")
    windows = 3  # 120 days in windows of 30, 60 and what is left
    assert set(pages_of(raw).values()) == {1}
    assert len(raw) == len(asked) * windows * PAGES
    last = {(p.user_id, p.resource): p for p in said}
    assert {(p.status, p.pages, p.rows) for p in last.values()} == {("complete", windows * PAGES, windows * PAGES)}
    for key in last:
        numbers = [p.seq for p in said if (p.user_id, p.resource) == key]
        assert numbers == sorted(set(numbers))
    for message in raw:
        headers = dict(message.headers())
        user = headers["ce_subject"].decode()
        assert headers["ce_origin"] == b"historical"
        assert headers["ce_backfillid"].decode().startswith(f"bf_{user}_")
        assert message.partition() == partition_for(user, fetchers.settings.partitions)


def test_users_take_turns(fetchers: Fetchers) -> None:
    """One user with a very long history does not hold up others who came later."""
    big = [request("big", resource, 365) for resource in ("sleep", "activity", "body", "workouts", "meal")]
    small = [request(f"small-{n}", days=20) for n in range(8)]
    send(
        fetchers.settings,
        request_rows(fetchers.settings.topic_prefix, fetchers.settings.partitions, big),
        "the request",
    )
    send(
        fetchers.settings,
        request_rows(fetchers.settings.topic_prefix, fetchers.settings.partitions, small),
        "the request",
    )
    fetchers.start("f0", SLOW_S="0.1", ROWS="600")  # so many that windows stay short
    said = fetchers.wait_over(len(big) + len(small))
    ended: dict[str, int] = defaultdict(int)
    for one in said:
        if not one.due_ms:
            ended[one.user_id] = max(ended[one.user_id], one.at_ms)
    late = [one.user_id for one in small if ended[one.user_id] >= ended["big"]]
    assert late == []
