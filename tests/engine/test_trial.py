"""What the trial of a transaction makes of a broker's answers: librdkafka's mock broker gives them."""

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError

from streams.demo.cluster import MockCluster
from streams.engine.wire.trial import try_transaction
from streams.ops.settings import Settings
from tests.engine.test_wire import ADD_OFFSETS, INIT, answer

PATIENCE_S = 1.5


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster({"raw": 1}) as cluster:
        yield cluster


@pytest.fixture
def settings(mock: MockCluster) -> Settings:
    return Settings(_env_file=None, bootstrap_servers=mock.bootstrap_servers, group_id="g")


def test_a_broker_that_tells_no_clock(settings: Settings) -> None:
    """One of before Kafka 3.0 has transactions, and says neither when one began nor what its cluster agreed on."""
    tried = try_transaction(settings, PATIENCE_S)
    assert (tried.refused, tried.clock_ms, tried.metadata_level) == ("", None, None)


@pytest.mark.parametrize(
    ("request_key", "code", "step"),
    [
        (INIT, KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "the transactional id g-doctor"),
        (ADD_OFFSETS, KafkaError.GROUP_AUTHORIZATION_FAILED, "offsets of the group g in a transaction"),
    ],
)
def test_what_is_refused_is_named(
    mock: MockCluster, settings: Settings, request_key: int, code: int, step: str
) -> None:
    """By Kafka's name for it, and by what was tried; nothing stays open."""
    answer(mock, request_key, code)
    tried = try_transaction(settings, PATIENCE_S)
    assert (tried.code, tried.step, tried.is_silence) == (code, step, False)
    assert try_transaction(settings, PATIENCE_S).refused == ""


def test_nobody_answers() -> None:
    """Silence is no refusal."""
    tried = try_transaction(Settings(_env_file=None, bootstrap_servers="127.0.0.1:1"), PATIENCE_S)
    assert (tried.is_silence, tried.versions) == (True, {})
