"""Secrets, room, a database, workers, transactions, connections."""

import pytest

from streams.doctor.judge import connection, machine, transactions
from streams.ops.lines import State

GIB = 1024**3


def test_endpoints() -> None:
    """Counts, never secrets; none at all is a doubt, because not every process is a gateway."""
    assert machine.endpoints({"junction": 2, "eu": 1}).found == "junction (2 secrets), eu (1 secret)"
    assert machine.endpoints({}).state is State.LOOK_AT


@pytest.mark.parametrize(
    ("free", "is_writable", "state"),
    [
        (50 * GIB, True, State.OK),
        (GIB, True, State.LOOK_AT),
        (GIB // 8, True, State.WRONG),
        (50 * GIB, False, State.WRONG),
    ],
)
def test_disk(free: int, is_writable: bool, state: State) -> None:
    """Little room is a doubt, hardly any or a folder of somebody else is wrong."""
    assert machine.disk(".state", free, is_writable=is_writable).state is state


def test_postgres() -> None:
    """The schema is there, or may be made."""
    assert machine.postgres(150004, may_create=False, has_schema=True, schema="junction").state is State.OK
    assert machine.postgres(150004, may_create=True, has_schema=False, schema="junction").state is State.OK
    assert machine.postgres(150004, may_create=False, has_schema=False, schema="junction").state is State.WRONG


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "WRITE and DESCRIBE on the transactional ids"),
        ("GROUP_AUTHORIZATION_FAILED", "READ on the group"),
        ("INVALID_TRANSACTION_TIMEOUT", "transaction.max.timeout.ms"),
        ("UNSUPPORTED_VERSION", "2.5 or newer"),
        ("POLICY_VIOLATION", "without transactions"),
    ],
)
def test_transactions(refused: str, words: str) -> None:
    """Each refusal says what to change; silence is no refusal."""
    line = transactions.transactions(refused, "the transactional id x", is_silence=False)
    assert (line.state, words in line.change) == (State.WRONG, True)
    assert transactions.transactions("", "", is_silence=False).state is State.OK
    assert transactions.transactions("_TRANSPORT", "a connection", is_silence=True).state is State.SILENT


@pytest.mark.parametrize(
    ("protocol", "is_own", "state"),
    [
        ("PLAINTEXT", True, State.OK),
        ("PLAINTEXT", False, State.LOOK_AT),
        ("SASL_PLAINTEXT", False, State.LOOK_AT),
        ("SASL_SSL", False, State.OK),
        ("SSL", False, State.OK),
    ],
)
def test_connection(protocol: str, is_own: bool, state: State) -> None:
    """People's data in the clear, to hosts that may be anybody's, are a doubt."""
    line = connection.connection("k:9092", protocol, "PLAIN", is_own=is_own)
    assert line.state is state
    assert ("with PLAIN" in line.found) is protocol.startswith("SASL")
