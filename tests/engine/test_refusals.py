"""What comes again at every attempt ends the worker with a sentence; what passes is waited for."""

import ctypes
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError

from streams.demo.cluster import MockCluster
from streams.engine.positions.group_metadata import Member, Membership
from streams.engine.work.aborts import AbortCause, Aborted
from streams.engine.work.producer import TransactionalProducer
from streams.engine.work.refusals import FORBIDDEN_S, LASTING, REFUSALS_MAX, REFUSED_S, Refusals
from streams.ops.errors import Forbidden, Misconfigured
from streams.ops.settings import MIB, Settings
from streams.tables.outputs import Emit

TOPIC = "junction.sleep"
PRODUCE = 0  # ApiKey


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster({TOPIC: 1}) as cluster:
        yield cluster


@pytest.fixture
def transactions(mock: MockCluster) -> Iterator[TransactionalProducer]:
    made = TransactionalProducer(
        Settings(_env_file=None, bootstrap_servers=mock.bootstrap_servers, record_bytes_max=MIB)
    )
    made.init()
    made.begin()
    yield made
    made.close()


def refuse(mock: MockCluster, code: int) -> None:
    """The broker's answer to the next records."""
    push = mock._lib.rd_kafka_mock_push_request_errors_array
    push.argtypes = [ctypes.c_void_p, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int)]
    push(mock._cluster, PRODUCE, 1, (ctypes.c_int * 1)(code))


def ended(transactions: TransactionalProducer, *emits: Emit) -> Aborted:
    """Why a transaction with these records does not happen."""
    try:
        transactions.produce(0, emits)
        transactions.commit({}, Member("g", Membership(1, "m")))
    except Aborted as error:
        return error
    raise AssertionError("it was committed")


@pytest.mark.parametrize(
    "code", [KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD, KafkaError.POLICY_VIOLATION]
)
def test_what_a_broker_refuses(mock: MockCluster, transactions: TransactionalProducer, code: int) -> None:
    """The error of the record, not that of the transaction that it ended; with the topic that it was for."""
    refuse(mock, code)
    transactions.produce(0, [Emit(TOPIC, b"k", b"x", None)])
    why = ended(transactions)
    assert (why.code, why.topic, why.cause) == (code, TOPIC, AbortCause.OTHER)
    transactions.abort()


def test_a_record_s_own_error_ends_the_worker_at_once() -> None:
    """The sentence names the topic, the error and the command that shows what is not as it must be."""
    for code in LASTING:
        with pytest.raises(Misconfigured, match=f"for {TOPIC}: .*topics plan"):
            Refusals().aborted(Aborted.by(code, TOPIC), 0.0)


@pytest.mark.parametrize(
    ("code", "after_s", "kind", "sentence"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, FORBIDDEN_S, Forbidden, "were refused for {}: .*acls plan"),
        (KafkaError.POLICY_VIOLATION, REFUSED_S, Misconfigured, "for {}: POLICY_VIOLATION"),
    ],
)
def test_others_end_it_when_they_come_in_a_row(
    code: int, after_s: float, kind: type[Misconfigured], sentence: str
) -> None:
    """Rights that are missing do not come by waiting; a commit in between says that something changed."""
    refusals, denied = Refusals(), Aborted.by(code, TOPIC)
    for n in range(2 * REFUSALS_MAX):  # quickly, one after the other
        refusals.aborted(denied, n / 10)
    refusals.committed()
    for n in range(REFUSALS_MAX - 1):
        refusals.aborted(denied, 100 + n * after_s)
    with pytest.raises(kind, match=f"{REFUSALS_MAX} transactions in a row {sentence.format(TOPIC)}"):
        refusals.aborted(denied, 100 + REFUSALS_MAX * after_s)


@pytest.mark.parametrize(
    "code",
    [
        *(KafkaError.NOT_ENOUGH_REPLICAS, KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND, KafkaError.REQUEST_TIMED_OUT),
        *(KafkaError.ILLEGAL_GENERATION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError._TRANSPORT),
    ],
)
def test_faults_that_pass_are_waited_for(code: int) -> None:
    """However often: brokers come back, and groups settle."""
    refusals = Refusals()
    for n in range(100):
        refusals.aborted(Aborted.by(code), n * REFUSED_S)
