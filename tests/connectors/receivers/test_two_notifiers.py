"""Two notifiers, one stopped between two attempts for longer than its session: real Kafka, real HTTP, real signals."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from streams.alerts import alert_history
from streams.events import topics
from streams.events.partitions import partition_for
from streams.kafka import admin, registry
from streams.kafka.codec import Codec
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.simulator.receiver import SECRET

PATIENCE_S = 30.0
RETRY_AFTER_S = 5  # long enough to stop a notifier meanwhile, shorter than the session that it then sleeps through
SESSION_S = 6
COMMAND, MUTATED = "streams.cli", "tests.connectors.receivers.consumer_goes_on"


class Receiver:
    """Answers 503 to the first post, and takes all others. `seen`: (user, revision), in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = json.loads(self.rfile.read(int(self.headers["content-length"])))["data"]
                outer.seen.append((data["user_id"], data["revision"]))
                if len(outer.seen) == 1:
                    self.send_response(503)
                    self.send_header("retry-after", str(RETRY_AFTER_S))
                else:
                    self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def revisions(self, user: str) -> list[int]:
        return [revision for who, revision in self.seen if who == user]


class Stage:
    """Kafka with our topics, a receiver, and notifiers that are killed in the end."""

    def __init__(self, settings: Settings, receiver: Receiver, folder: Path) -> None:
        admin.apply(settings)
        self.settings, self.receiver, self.folder = settings, receiver, folder
        self._codec = Codec(registry.register(settings))
        self._producer = Producer(for_librdkafka(settings))
        self._admin = admin.client_of(settings)
        self._processes: list[subprocess.Popen[bytes]] = []

    def notifier(self, module: str) -> subprocess.Popen[bytes]:
        clinic = {"kind": "webhook", "url": self.receiver.url, "secret": SECRET}
        env = {
            **os.environ,
            "STREAMS_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "STREAMS_REGISTRY_URL": self.settings.registry_url,
            "STREAMS_TOPIC_PREFIX": self.settings.topic_prefix,
            "STREAMS_GROUP_ID": self.settings.group_id,
            "STREAMS_PARTITIONS": str(self.settings.partitions),
            "STREAMS_SESSION_TIMEOUT_S": str(SESSION_S),
            "STREAMS_NOTIFY_RECEIVERS": json.dumps({"clinic": clinic}),
        }
        with (self.folder / f"{len(self._processes)}.log").open("wb") as out:
            process = subprocess.Popen([sys.executable, "-m", module, "notify"], env=env, stdout=out, stderr=out)
        self._processes.append(process)
        return process

    def say(self, user: str, revision: int, life: str) -> None:
        now = datetime.now(UTC)
        alert = {
            "id": user, "revision": revision, "life": life, "resolution": None, "user_id": user,
            "client_user_id": None, "team_id": None, "rule": "low", "kind": "threshold", "severity": "warning",
            "summary": "low", "link": None, "resource": "glucose", "field": None, "unit": None, "subject": "",
            "first_at": _micros(now), "opened_at": _micros(now), "resolved_at": None,
            "stale_at": _micros(now + timedelta(hours=2)), "at": _micros(now) // 1000, "bound": None, "evidence": [],
        }  # fmt: skip
        partition = partition_for(user, self.settings.partitions)
        value = self._codec.encode(topics.ALERTS, alert)
        self._producer.produce(f"{self.settings.topic_prefix}.{topics.ALERTS}", value, user.encode(), partition)
        assert self._producer.flush(10) == 0

    def has_failed_once(self) -> bool:
        lives = alert_history.read(self.settings).values()
        return any(told["status"] == "failed" for life in lives for told in life.deliveries)

    def has_members(self, count: int) -> bool:
        group = f"{self.settings.group_id}-notify-clinic"
        found = self._admin.describe_consumer_groups([group], request_timeout=10)[group].result()
        return len(found.members) == count and all(one.assignment.topic_partitions for one in found.members)

    def close(self) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.fixture
def stage(settings: Settings, tmp_path: Path) -> Iterator[Stage]:
    with Receiver().running() as receiver:
        made = Stage(settings, receiver, tmp_path)
        try:
            yield made
        finally:
            made.close()


def _sleep_through_a_session(stage: Stage, module: str) -> list[int]:
    """Revisions as the receiver saw them: the first notifier stops after a 503, and wakes when all is delivered."""
    receiver = stage.receiver
    stage.say("asleep", 1, "opened")
    sleeper = stage.notifier(module)
    until(stage.has_failed_once)
    sleeper.send_signal(signal.SIGSTOP)
    stage.say("asleep", 2, "resolved")
    stage.notifier(COMMAND)
    until(lambda: receiver.revisions("asleep")[1:] == [1, 2])
    sleeper.send_signal(signal.SIGCONT)
    until(lambda: stage.has_members(2))
    everywhere = _users_of_every_partition(stage.settings)
    for user in everywhere:
        stage.say(user, 1, "opened")
    until(lambda: all(receiver.revisions(user) for user in everywhere))
    return receiver.revisions("asleep")


def _users_of_every_partition(settings: Settings) -> list[str]:
    users = {partition_for(f"user-{n}", settings.partitions): f"user-{n}" for n in range(100)}
    assert len(users) == settings.partitions
    return list(users.values())


def test_a_notifier_that_slept_does_not_go_back(stage: Stage) -> None:
    """Thrown out between two attempts, it asks the group before the next one: "opened" never follows "resolved"."""
    assert _sleep_through_a_session(stage, COMMAND) == [1, 1, 2]


def test_the_scenario_can_fail(stage: Stage) -> None:
    """A consumer that goes on with what it once had delivers "opened" behind "resolved" in the very same scenario."""
    brought = _sleep_through_a_session(stage, MUTATED)
    assert 1 in brought[brought.index(2) :]
