"""Limits of brokers and topics beside the settings."""

from streams.doctor.judge import limits
from streams.ops.lines import State

MIB = 1024 * 1024


def test_records() -> None:
    """A topic that takes less than a record may have is wrong, with the value that fits; a broker's limit alone not."""
    (small,) = limits.records({"a": 20 * MIB, "b": 8 * MIB}, MIB, 20 * MIB)
    assert small.state is State.WRONG
    assert small.found == "b: records of 8 MiB, and ours may have 20 MiB"
    assert f"STREAMS_RECORD_BYTES_MAX={8 * MIB}" in small.change
    (fits,) = limits.records({"a": 20 * MIB}, MIB, 20 * MIB)
    assert fits.state is State.OK
    (before,) = limits.records({}, MIB, 20 * MIB)
    assert before.state is State.LOOK_AT
    assert limits.records({}, None, 20 * MIB) == []


def test_transactions_and_offsets() -> None:
    """A transaction has to fit; offsets that are forgotten before events are is said with the number that fits."""
    assert limits.transaction_timeout(900_000, 10_000) == limits.transaction_timeout(None, 10_000) == []
    (short,) = limits.transaction_timeout(5_000, 10_000)
    assert (short.state, "transaction.max.timeout.ms to 10000" in short.change) == (State.WRONG, True)
    (week,) = limits.offsets_kept(10_080, 90)
    assert week.state is State.LOOK_AT
    assert "7 days after" in week.found
    assert "offsets.retention.minutes to 129600" in week.change
    assert [line.state for line in limits.offsets_kept(129_600, 90)] == [State.OK]
    assert limits.offsets_kept(None, 90) == []


def test_copies() -> None:
    """One copy on several brokers is a doubt; fewer copies than `min.insync.replicas` take no record at all."""
    (alone,) = limits.copies({"a": 1, "b": 3}, {"a": 1, "b": 2}, 3)
    assert (alone.state, "1 of 2 topics have one copy, on 3 brokers: a" in alone.found) == (State.LOOK_AT, True)
    (stuck,) = limits.copies({"a": 1}, {"a": 2}, 3)
    assert stuck.state is State.WRONG
    assert [line.state for line in limits.copies({"a": 3}, {"a": 2}, 3)] == [State.OK]
    assert [line.state for line in limits.copies({"a": 1}, {"a": 1}, 1)] == [State.LOOK_AT]
    assert limits.copies({}, {}, 1) == []
