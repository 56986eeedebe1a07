"""`doctor` in a process of its own: on a cluster that is right, on one that refuses, and where nobody answers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka.admin import AclOperation, AdminClient, NewTopic, ResourceType

from streams.demo.cluster import jars
from streams.doctor.judge.lines import State
from streams.engine.wire.trial import transactional_id, try_transaction
from streams.kafka import admin, registry
from streams.ops.settings import Settings
from tests.refusing import PASSWORD, RefusingKafka, lacking

USER, WRONG, SECRET = "reader", "another-password", "whsec_bWFya2VyLW9mLXRoaXMtdGVzdC1hbmQtbW9yZQ=="


def doctor(tmp_path: Path, settings: Settings, **env: str) -> tuple[int, list[dict[str, str]], str]:
    """Exit code, lines, and all that was printed."""
    known = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_STATE_DIR": str(settings.state_dir),
        "STREAMS_ENDPOINTS": json.dumps({"junction": [SECRET]}),
        "XDG_STATE_HOME": os.devnull,
    }
    ended = subprocess.run(
        [sys.executable, "-m", "streams.cli", "doctor", "--json"],
        capture_output=True, text=True, timeout=90, env=known | env, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert ended.stdout, ended.stderr
    answer = json.loads(ended.stdout)
    assert answer["exit"] == ended.returncode
    return ended.returncode, answer["lines"], ended.stdout + ended.stderr


def states(lines: list[dict[str, str]]) -> dict[str, str]:
    """What is looked at → the worst that was said of it."""
    order = [*State]
    found: dict[str, str] = {}
    for line in lines:
        found[line["about"]] = max(found.get(line["about"], State.OK), line["state"], key=order.index)  # type: ignore[arg-type]  # because a word of an enum is one
    return found


def test_right(settings: Settings, tmp_path: Path) -> None:
    """Before topics and schemas: exit 2, and both are named. After them: exit 0, every client connects, the clock is
    ours, and the secret is counted, not printed."""
    small = settings.model_copy(update={"partitions": 1})
    code, lines, _ = doctor(tmp_path, small)
    assert code == 2
    assert [line["about"] for line in lines if line["state"] == State.WRONG] == ["topics", "schemas"]
    admin.apply(small)
    registry.register(small)
    code, lines, said = doctor(tmp_path, small)
    assert code == 0, said
    found = states(lines)
    assert found.pop("limits") == State.LOOK_AT  # one broker
    assert set(found.values()) == {State.OK}
    assert [line["about"] for line in lines].count("clients") == 3
    assert [line["found"].split()[0] for line in lines if line["about"] == "clock"] == ["Kafka", "the"]
    assert SECRET not in said


def test_nobody_answers(settings: Settings, tmp_path: Path) -> None:
    """Exit 3; each client says so for itself, and the registry is asked all the same."""
    code, lines, _ = doctor(tmp_path, settings.model_copy(update={"bootstrap_servers": "127.0.0.1:1"}))
    found = states(lines)
    assert (code, found["kafka"], found["clients"]) == (2, State.SILENT, State.SILENT)  # 2: no schema is registered
    assert found["registry"] == State.OK


def test_trial_of_transactions(settings: Settings) -> None:
    """It leaves nothing open: the next one begins at once, under an id that no worker may have."""
    for _ in range(2):
        tried = try_transaction(settings, 20)
        assert tried.refused == ""
        before, after = tried.ours_ms
        assert tried.clock_ms is not None
        assert int(before) <= tried.clock_ms <= after + 1
    assert tried.features["transaction.version"] >= 2
    with pytest.raises(ValueError, match="doctor"):
        Settings(_env_file=None, worker_id=transactional_id(settings).rpartition("-")[2])


@pytest.fixture(scope="module")
def kafka(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RefusingKafka]:
    if why := lacking():
        pytest.skip(why)  # because the policies are compiled here; the sentence says what to install
    running = RefusingKafka(jars.resolve(), tmp_path_factory.mktemp("refusing") / "kafka", [USER])
    try:
        running.start()
        yield running
    finally:
        running.stop(discard=True)


@pytest.fixture
def as_reader(kafka: RefusingKafka, settings: Settings) -> Settings:
    return settings.model_copy(update={"bootstrap_servers": kafka.by_password, "partitions": 1})


def login(password: str = PASSWORD) -> Mapping[str, str]:
    return {
        "STREAMS_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "STREAMS_SASL_MECHANISM": "PLAIN",
        "STREAMS_SASL_USERNAME": USER,
        "STREAMS_SASL_PASSWORD": password,
    }


def test_refused(kafka: RefusingKafka, as_reader: Settings, tmp_path: Path) -> None:
    """A login that may only read: transactions, writing and the topics' settings are refused, each with a line."""
    prefix = as_reader.topic_prefix
    topics = [topic.name for topic in admin.layout_of(as_reader)]
    client = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    for future in client.create_topics([NewTopic(name, 1, 1) for name in topics]).values():
        future.result()
    kafka.allow(USER, [(ResourceType.TOPIC, prefix, AclOperation.READ)])
    code, lines, said = doctor(tmp_path, as_reader, **login())
    assert code == 2
    (refused,) = [line for line in lines if line["about"] == "transactions"]
    assert (refused["state"], "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" in refused["found"]) == (State.WRONG, True)
    found = states(lines)
    assert (found["kafka"], found["brokers"], found["rights"]) == (State.OK, State.OK, State.LOOK_AT)
    assert [line["found"][:12] for line in lines if line["about"] == "rights"] == ["may not writ", "may not crea"]
    assert PASSWORD not in said


def test_wrong_password(as_reader: Settings, tmp_path: Path) -> None:
    """Exit 2, and neither password is printed."""
    code, lines, said = doctor(tmp_path, as_reader, **login(WRONG))
    assert code == 2
    assert "STREAMS_SASL_PASSWORD" in lines[0]["found"]
    assert not any(secret in said for secret in (PASSWORD, WRONG))
