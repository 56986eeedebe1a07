"""What a producer does about a broker's answers: librdkafka's mock broker gives them."""

import ctypes
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams.demo.cluster import MockCluster
from streams.engine.positions.group_metadata import Member, Membership
from streams.engine.work import producer
from streams.engine.work.aborts import Aborted, Fenced
from streams.engine.work.producer import TransactionalProducer
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.tables import Emit

TOPICS = {"t": 3, "u": 3}
MEMBER = Member("g", Membership(1, "m"))
PRODUCE, ADD_PARTITIONS, ADD_OFFSETS, END, OFFSETS, INIT = 0, 24, 25, 26, 28, 22  # ApiKeys
COORDINATED = [ADD_PARTITIONS, ADD_OFFSETS, END, OFFSETS]


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster({**TOPICS, "raw": 1}) as cluster:
        yield cluster


@pytest.fixture
def transactions(mock: MockCluster) -> Iterator[TransactionalProducer]:
    made = TransactionalProducer(Settings(_env_file=None, bootstrap_servers=mock.bootstrap_servers))
    made.init()
    yield made
    made.close()


def answer(mock: MockCluster, key: int, *codes: int) -> None:
    """The broker's next answers to requests of that kind."""
    push = mock._lib.rd_kafka_mock_push_request_errors_array
    push.argtypes = [ctypes.c_void_p, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int)]
    push(mock._cluster, key, len(codes), (ctypes.c_int * len(codes))(*codes))


def commit(transactions: TransactionalProducer, value: bytes) -> None:
    """A transaction that writes to six partitions."""
    transactions.begin()
    for partition in range(3):
        transactions.produce(partition, [Emit(topic, b"k", value, None) for topic in TOPICS])
    transactions.commit({("raw", 0): 7}, MEMBER)


def written(mock: MockCluster) -> dict[tuple[str, int], list[bytes]]:
    """Values of each partition."""
    return {source: [value for _, value in rows] for source, rows in read(mock).items()}


def read(mock: MockCluster) -> dict[tuple[str, int], list[tuple[int, bytes]]]:
    """Offsets and values of each partition."""
    consumer = Consumer({"bootstrap.servers": mock.bootstrap_servers, "group.id": "r", "enable.partition.eof": True})
    left = {(topic, partition) for topic, count in TOPICS.items() for partition in range(count)}
    consumer.assign([TopicPartition(*source, 0) for source in left])
    found: dict[tuple[str, int], list[tuple[int, bytes]]] = {source: [] for source in left}
    while left:
        message = consumer.poll(10)
        assert message is not None
        if message.error():
            left.discard((message.topic(), message.partition()))
        else:
            found[message.topic(), message.partition()].append((message.offset(), message.value()))
    consumer.close()
    return found


def test_a_transaction(mock: MockCluster, transactions: TransactionalProducer) -> None:
    """Every partition has its records once, and the offset of its last one is known."""
    commit(transactions, b"1")
    commit(transactions, b"2")
    rows = read(mock)
    assert all([value for _, value in found] == [b"1", b"2"] for found in rows.values())
    assert transactions.last_offsets == {source: found[-1][0] for source, found in rows.items()}


@pytest.mark.parametrize("key", COORDINATED)
@pytest.mark.parametrize(
    "code", [KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.NOT_COORDINATOR, KafkaError._TRANSPORT]
)
def test_what_passes_is_asked_again(
    mock: MockCluster, transactions: TransactionalProducer, key: int, code: int
) -> None:
    """A coordinator that moves, loads or breaks off ends no transaction; the one behind it goes well, too."""
    epoch = transactions._epoch
    answer(mock, key, code, code)
    commit(transactions, b"1")
    commit(transactions, b"2")
    assert all(values == [b"1", b"2"] for values in written(mock).values())
    # What was asked of a connection that broke may still be done: only under an epoch that is over.
    assert (transactions._epoch > epoch) == (code == KafkaError._TRANSPORT)


@pytest.mark.parametrize("code", [KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.NOT_ENOUGH_REPLICAS])
def test_records_are_sent_again(mock: MockCluster, transactions: TransactionalProducer, code: int) -> None:
    """A leader that is none any more, or has too few replicas, is asked again, and nothing is written twice."""
    answer(mock, PRODUCE, code, code)
    commit(transactions, b"1")
    assert all(values == [b"1"] for values in written(mock).values())


@pytest.mark.parametrize("key", COORDINATED)
def test_another_producer_ends_this_one(mock: MockCluster, transactions: TransactionalProducer, key: int) -> None:
    """Who is fenced never writes again."""
    answer(mock, key, KafkaError.INVALID_PRODUCER_EPOCH)
    with pytest.raises(Fenced, match="STREAMS_WORKER_ID"):
        commit(transactions, b"1")


@pytest.mark.parametrize("code", [KafkaError.UNKNOWN, KafkaError.INVALID_TXN_STATE])
def test_a_commit_that_may_have_happened_is_no_abort(
    mock: MockCluster, transactions: TransactionalProducer, code: int
) -> None:
    """The first answer to a commit is lost, the second is a refusal: only a new start finds out what became of it."""
    answer(mock, END, KafkaError._TRANSPORT, code)
    with pytest.raises(Unavailable, match="not known"):
        commit(transactions, b"1")


def test_an_abort_is_waited_for_once(
    mock: MockCluster, transactions: TransactionalProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While no coordinator is there, who gives up an abort leaves at once, and does not ask again on the way out."""
    monkeypatch.setattr(producer, "PATIENCE_S", 0.0)
    transactions.begin()
    answer(mock, INIT, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_NOT_AVAILABLE)
    with pytest.raises(Unavailable, match="did not abort"):
        transactions.abort()
    transactions.abort()


def test_an_old_broker(mock: MockCluster) -> None:
    """A broker that cannot fence is refused at once, in a sentence that says what transactions need."""
    limit = mock._lib.rd_kafka_mock_set_apiversion
    limit.argtypes = [ctypes.c_void_p, *(3 * [ctypes.c_int16])]
    limit(mock._cluster, INIT, 0, 2)
    made = TransactionalProducer(Settings(_env_file=None, bootstrap_servers=mock.bootstrap_servers))
    with pytest.raises(Misconfigured, match=r"UNSUPPORTED_VERSION.*a broker of 2\.5 or later"):
        made.init()
    made.close()


def test_after_an_abort_it_goes_on(mock: MockCluster, transactions: TransactionalProducer) -> None:
    """What the group refuses is aborted; the next transaction has nothing of it."""
    answer(mock, OFFSETS, KafkaError.ILLEGAL_GENERATION)
    with pytest.raises(Aborted, match="ILLEGAL_GENERATION"):
        commit(transactions, b"1")
    epoch = transactions._epoch
    transactions.abort()
    assert transactions._epoch > epoch
    commit(transactions, b"2")
    assert all(values[-1] == b"2" for values in written(mock).values())
