"""What a login may do, as Kafka says it."""

from streams.doctor.judge import rights
from streams.doctor.judge.lines import State

BOTH, READ = frozenset({"READ", "WRITE", "DESCRIBE"}), frozenset({"READ", "DESCRIBE"})


def test_topics() -> None:
    """Topics that are not shown are wrong for everybody; what may not be written may be meant so."""
    (all_of_it,) = rights.on_topics(2, {"a": BOTH, "b": BOTH}, frozenset())
    assert all_of_it.state is State.OK
    hidden, unwritten = rights.on_topics(3, {"a": BOTH, "b": READ}, frozenset({"c"}))
    assert (hidden.state, "1 of 3 topics: c" in hidden.found) == (State.WRONG, True)
    assert (unwritten.state, unwritten.found) == (State.LOOK_AT, "may not write 1 of 3 topics: b")


def test_cluster() -> None:
    """All of it, on a Kafka that others reach, is a doubt."""
    everything = frozenset({"CREATE", "ALTER", "ALTER_CONFIGS", "CLUSTER_ACTION", "DESCRIBE"})
    assert [line.state for line in rights.on_cluster(everything, is_own=False)] == [State.LOOK_AT]
    assert [line.state for line in rights.on_cluster(everything, is_own=True)] == [State.OK]
    (service,) = rights.on_cluster(frozenset({"DESCRIBE"}), is_own=False)
    assert (service.state, "may not create" in service.found) == (State.OK, True)
    assert rights.on_cluster(None, is_own=False) == []
