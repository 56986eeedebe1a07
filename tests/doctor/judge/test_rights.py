"""What a login may do, as Kafka says it."""

from streams.doctor.judge import rights
from streams.events.rights import On, Operation, Right
from streams.ops.lines import State

BOTH, READ = frozenset({"READ", "WRITE", "DESCRIBE"}), frozenset({"READ", "DESCRIBE"})
NEEDS = {
    "writer": [Right(On.TOPIC, "t.", Operation.DESCRIBE, is_prefix=True), Right(On.TOPIC, "t.a", Operation.WRITE)],
    "reader": [Right(On.TOPIC, "t.a", Operation.READ), Right(On.GROUP, "g", Operation.READ)],
}


def test_each_process() -> None:
    """Each is enough or not by itself; what a process lacks is wrong only where no other has enough."""
    (all_of_it,) = rights.on_topics({"t.a": BOTH, "t.b": BOTH}, NEEDS)
    assert (all_of_it.state, all_of_it.found) == (State.OK, "enough on topics for writer, reader")
    enough, lacking = rights.on_topics({"t.a": READ, "t.b": BOTH}, NEEDS)
    assert (enough.found, lacking.state) == ("enough on topics for reader", State.LOOK_AT)
    assert lacking.found == "not enough for writer: WRITE on t.a"
    lines = rights.on_topics({"t.a": frozenset(), "t.b": frozenset()}, NEEDS)
    assert [line.state for line in lines] == [State.WRONG, State.WRONG]
    assert lines[0].found == "not enough for writer: DESCRIBE on t.a, t.b; WRITE on t.a"


def test_topics_that_are_not_there() -> None:
    """They are another line's matter; rights on groups are tried with a transaction."""
    assert [line.state for line in rights.on_topics({}, NEEDS)] == [State.OK]


def test_cluster() -> None:
    """All of it, on a Kafka that others reach, is a doubt."""
    everything = frozenset({"CREATE", "ALTER", "ALTER_CONFIGS", "CLUSTER_ACTION", "DESCRIBE"})
    assert [line.state for line in rights.on_cluster(everything, is_own=False)] == [State.LOOK_AT]
    assert [line.state for line in rights.on_cluster(everything, is_own=True)] == [State.OK]
    (service,) = rights.on_cluster(frozenset({"DESCRIBE"}), is_own=False)
    assert (service.state, "may not create" in service.found) == (State.OK, True)
    assert rights.on_cluster(None, is_own=False) == []
