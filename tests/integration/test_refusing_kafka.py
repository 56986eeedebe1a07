"""A Kafka with the policies of a service, and a login that may hardly do anything: `topics` and `doctor`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka.admin import AclOperation, NewTopic, ResourceType

from streams.demo.cluster import jars
from streams.doctor.look import cluster
from streams.kafka import admin
from streams.kafka.topic_changes import Action
from streams.ops.errors import Misconfigured
from streams.ops.lines import State
from streams.ops.settings import MIB, Settings
from tests.doctor.program import doctor, states
from tests.refusing import PASSWORD, RefusingKafka, lacking

USER, WRONG = "reader", "another-password"
NOT_SETTABLE = {"min.insync.replicas", "segment.ms", "max.compaction.lag.ms", "delete.retention.ms"}


@pytest.fixture(scope="module")
def kafka(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RefusingKafka]:
    if why := lacking():
        pytest.skip(f"because the policies are compiled here: {why}")
    running = RefusingKafka(jars.resolve(), tmp_path_factory.mktemp("refusing") / "kafka", [USER])
    try:
        running.start()
        yield running
    finally:
        running.stop(discard=True)


@pytest.fixture
def of_service(kafka: RefusingKafka, prefix: str) -> Settings:
    own = {"topic_prefix": prefix, "group_id": f"{prefix}-group", "partitions": 1}
    return Settings(_env_file=None, bootstrap_servers=kafka.bootstrap_servers, **own)


def test_a_record_that_is_too_large(of_service: Settings) -> None:
    """The plan names the value that fits, for records and bodies; `apply` says the same, and makes no topic."""
    found = admin.propose(of_service)
    assert "STREAMS_RECORD_BYTES_MAX=8388608 for every process, and STREAMS_BODY_BYTES_MAX=8323072" in found.problem
    whole = len(admin.layout_of(of_service))
    assert f"{whole} of {whole} are missing" in cluster.planned(of_service)[0].found
    assert cluster.planned(of_service)[-1].found == found.problem
    with pytest.raises(Misconfigured, match="STREAMS_RECORD_BYTES_MAX=8388608"):
        admin.apply(of_service)
    assert {change.action for change in admin.plan(of_service)} == {Action.CREATE}


def test_with_the_value_that_fits(of_service: Settings) -> None:
    """Topics are made without what may not be set; a second plan has nothing to change, tells the same, and services
    may start."""
    small = of_service.model_copy(update={"record_bytes_max": 8 * MIB})
    found = admin.apply(small)
    assert found.problem == ""
    assert len(found.changes) == len(admin.layout_of(small))
    assert {one.setting for one in found.left_out} == NOT_SETTABLE
    admin.check_layout(small)
    again = admin.propose(small)
    assert again.changes == []
    # Of the others Kafka's own value is ours: a week, one copy.
    assert {one.setting for one in again.left_out} == {"max.compaction.lag.ms", "delete.retention.ms"}
    assert all(one.means and "not configurable" in one.why for one in again.left_out)


def test_what_is_there_already(of_service: Settings) -> None:
    """A topic with too small a limit is altered as far as Kafka goes, by `apply`, too."""
    small = of_service.model_copy(update={"record_bytes_max": 8 * MIB})
    client = admin.client_of(small)
    name = f"{small.topic_prefix}.sleep"
    client.create_topics([NewTopic(name, 1, 1)])[name].result()
    (sleep,) = [change for change in admin.propose(small).changes if change.topic == name]
    assert (sleep.action, sleep.config.keys()) == (Action.ALTER, {"max.message.bytes", "retention.ms"})
    assert "8388608 is the most" in admin.propose(of_service).problem
    admin.apply(small)
    assert admin.propose(small).changes == []


@pytest.fixture
def as_reader(kafka: RefusingKafka, of_service: Settings) -> Settings:
    """Without a registry."""
    return of_service.model_copy(update={"bootstrap_servers": kafka.by_password})


def login(password: str = PASSWORD) -> Mapping[str, str]:
    return {
        "STREAMS_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "STREAMS_SASL_MECHANISM": "PLAIN",
        "STREAMS_SASL_USERNAME": USER,
        "STREAMS_SASL_PASSWORD": password,
    }


def test_refused(kafka: RefusingKafka, of_service: Settings, as_reader: Settings, tmp_path: Path) -> None:
    """A login that may only read: transactions, writing and the topics' settings are refused, each with a line."""
    admin.apply(of_service.model_copy(update={"record_bytes_max": 8 * MIB}))
    kafka.allow(USER, [(ResourceType.TOPIC, as_reader.topic_prefix, AclOperation.READ)])
    code, lines, said = doctor(tmp_path, as_reader, **login())
    assert code == 2
    (refused,) = [line for line in lines if line["about"] == "transactions"]
    assert (refused["state"], "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" in refused["found"]) == (State.WRONG, True)
    found = states(lines)
    assert (found["kafka"], found["brokers"], found["rights"]) == (State.OK, State.OK, State.LOOK_AT)
    assert (found["clients"], found["topics"]) == (State.LOOK_AT, State.WRONG)
    said_of_rights = [line["found"] for line in lines if line["about"] == "rights"]
    assert said_of_rights[0] == "enough on topics for consumer"
    assert said_of_rights[1].startswith("not enough for gateway: DESCRIBE_CONFIGS on ")
    assert said_of_rights[-1].startswith("may not create topics")
    assert PASSWORD not in said


def test_wrong_password(as_reader: Settings, tmp_path: Path) -> None:
    """Exit 2, and neither password is printed."""
    code, lines, said = doctor(tmp_path, as_reader, **login(WRONG))
    assert code == 2
    assert "STREAMS_SASL_PASSWORD" in lines[0]["found"]
    assert not any(secret in said for secret in (PASSWORD, WRONG))
