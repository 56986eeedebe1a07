"""Rights on a real Kafka that asks for a login and allows nothing by itself."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from confluent_kafka import Message

from connectors.receivers.consumer import ReceiverConsumer
from connectors.receivers.sender import ConfirmOwnership
from streams.demo.cluster import jars
from streams.demo.cluster.guarded import GuardedKafka, login
from streams.demo.rights.matrix import counts, matrix
from streams.demo.rights.show import lines
from streams.doctor.look import cluster, transaction
from streams.engine.store.offsets import CommittedOffsets
from streams.engine.work.producer import TransactionalProducer
from streams.events.parts import USES, Part
from streams.events.rights import On, Operation, Right
from streams.kafka import acls, admin
from streams.kafka.acls import Rule
from streams.kafka.logins import logins
from streams.kafka.publisher import KafkaPublisher
from streams.ops.errors import Forbidden, Misconfigured, Unavailable
from streams.ops.lines import State
from streams.ops.settings import Settings

LOGINS = logins()


@pytest.fixture(scope="module")
def kafka(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    running = GuardedKafka(jars.resolve(), tmp_path_factory.mktemp("guarded") / "kafka")
    try:
        running.start()
        yield running
    finally:
        running.stop(discard=True)


def settings_of(kafka: GuardedKafka, who: dict[str, Any]) -> Settings:
    own = {"topic_prefix": "t", "group_id": "g", "partitions": 1, "session_timeout_s": 6.0}
    return Settings(_env_file=None, bootstrap_servers=kafka.bootstrap_servers, **own, **who)


@pytest.fixture(scope="module")
def of_admin(kafka: GuardedKafka) -> Settings:
    """The super user's, with all rights of all roles given."""
    settings = settings_of(kafka, dict(kafka.admin))
    acls.apply(settings, LOGINS)
    return settings


@pytest.fixture(scope="module")
def of(kafka: GuardedKafka, of_admin: Settings) -> dict[Part, Settings]:
    """Each role's own; the operator has made the topics."""
    passwords = kafka.add_users(f"streams-{part}" for part in Part)
    made = {part: settings_of(kafka, login(f"streams-{part}", passwords[f"streams-{part}"])) for part in Part}
    admin.apply(made[Part.OPERATOR])
    return made


def test_what_was_applied_is_right(of: dict[Part, Settings], of_admin: Settings) -> None:
    """A second plan finds nothing, and the operator sees the same."""
    assert acls.plan(of_admin, LOGINS) == acls.AclPlan([], [], [], [])
    assert acls.plan(of[Part.OPERATOR], LOGINS).is_right
    assert admin.plan(of[Part.OPERATOR]) == []


def test_what_is_ours_alone_is_removed(of_admin: Settings) -> None:
    """More than a role needs goes; what is beyond our names goes when asked; what is another's stays."""
    read = Right(On.TOPIC, "t.raw.labs", Operation.READ)
    more = [Rule("User:streams-notify", read), Rule("User:streams-notify", read._replace(name="payments"))]
    other = Rule("User:bob", read)
    client = admin.client_of(of_admin)
    for future in client.create_acls([acls._binding(rule) for rule in (*more, other)]).values():
        future.result()
    assert acls.apply(of_admin, LOGINS, removes=False) == acls.plan(of_admin, LOGINS)  # nothing is gone yet
    found = acls.apply(of_admin, LOGINS)
    assert (found.missing, found.superfluous, found.beyond, found.others) == ([], more[:1], more[1:], [other])
    assert acls.apply(of_admin, LOGINS, removes_beyond=True).beyond == more[1:]
    assert acls.plan(of_admin, LOGINS) == acls.AclPlan([], [], [], [other])


def test_who_may_not_is_told(of: dict[Part, Settings]) -> None:
    """Looking at rights, and changing them, each with a sentence."""
    with pytest.raises(Misconfigured, match="may not see the rights"):
        acls.plan(of[Part.WORKER], LOGINS)
    with pytest.raises(Misconfigured, match="adding a right: CLUSTER_AUTHORIZATION_FAILED"):
        acls.apply(of[Part.OPERATOR], logins(["worker=User:x"], ["worker"]))


@pytest.mark.parametrize("part", [Part.GATEWAY, Part.WORKER, Part.FETCHER, Part.NOTIFY, Part.SINK])
def test_doctor_finds_them_right(of: dict[Part, Settings], part: Part) -> None:
    """Each process's login is enough for it, transactions included; the doctor tells one who asks for another's."""
    lines = [*cluster.allowed(of[part], part), *transaction.transaction(of[part], part)]
    assert [line for line in lines if line.state is not State.OK] == []
    other = Part.WORKER if part is not Part.WORKER else Part.FETCHER
    lines = [*cluster.allowed(of[part], other), *transaction.transaction(of[part], other)]
    assert {line.about for line in lines if line.state is State.WRONG} == {"rights", "transactions"}


def test_what_is_not_allowed_is_refused(of: dict[Part, Settings]) -> None:
    """Each role, with topics of every kind, groups, transactional ids and the cluster: its rights, and no others."""
    found = matrix(of, LOGINS, spares_running=False)
    assert lines(one for one in found if not one.is_right) == []
    assert {one.part for one in found} == set(Part)
    assert counts(found)["refused"] > 1_000


async def _to_nobody(message: Message, confirm: ConfirmOwnership) -> None:
    """No alert comes so far."""


def _start(settings: Settings) -> None:
    with closing(TransactionalProducer(settings)) as producer:
        producer.init()


ACTS: dict[str, tuple[Part, Callable[[Settings], object]]] = {
    "looking at t.": (Part.CONSUMER, admin.check_layout),
    "writing t.raw.connections: ": (Part.SINK, lambda it: admin.check_writable(it, USES[Part.GATEWAY].sends)),
    "offsets of group g: ": (Part.LABS, lambda it: CommittedOffsets(it).stable([("t.labs", 0)], threading.Event())),
    "starting transactions as g-w0 in group g: GROUP": (Part.FETCHER, _start),
    "starting transactions as g-redrive in group g: TRANSACTIONAL": (
        Part.WORKER,
        lambda it: _start(it.model_copy(update={"worker_id": "redrive"})),
    ),
    "joining group g-notify-log: ": (
        Part.WORKER,
        lambda it: asyncio.run(ReceiverConsumer(it, "log", "t.alerts", _to_nobody).run(asyncio.Event(), once=True)),
    ),
}


@pytest.mark.parametrize("sentence", ACTS)
def test_a_process_without_a_right_is_told_which(sentence: str, of: dict[Part, Settings]) -> None:
    """The topic, the group or the id, at once: no waiting brings a right."""
    part, act = ACTS[sentence]
    with pytest.raises(Forbidden, match=f"{re.escape(sentence)}.*AUTHORIZATION_FAILED.*topics acls plan"):
        act(of[part])


@pytest.mark.parametrize(
    ("part", "sentence"),
    [(Part.NOTIFY, "writing t.raw.labs: TOPIC_AUTH"), (Part.SINK, "writing to any topic: CLUSTER_AUTH")],
)
def test_a_topic_that_may_not_be_written_is_remembered(part: Part, sentence: str, of: dict[Part, Settings]) -> None:
    """A sender is answered as ever; the process says once what it lacks."""

    async def publish() -> Forbidden | None:
        publisher = KafkaPublisher(of[part])
        try:
            with pytest.raises(Unavailable):
                await publisher.publish("t.raw.labs", b"k", b"v", [], 0)
        finally:
            await publisher.close(1.0)
        return publisher.forbidden

    assert str(asyncio.run(publish())).startswith(sentence)
