"""Topics and schemas that are there, missing, different."""

from streams.doctor.judge import layout
from streams.ops.lines import State


def test_topics() -> None:
    """What stops a service is wrong, what a person may have meant is to be looked at."""
    (right,) = layout.topics(92, layout.Differences())
    assert right.state is State.OK
    found = layout.Differences(["a", "b"], ["c has 3 partitions instead of 12"], ["d"], ["e"])
    lines = layout.topics(92, found)
    assert [line.state for line in lines] == [State.WRONG, State.WRONG, State.WRONG, State.LOOK_AT]
    assert "2 of 92 are missing: a, b" in lines[1].found


def test_not_settable() -> None:
    """What stays as Kafka has it is to be looked at; a plan that cannot be applied is wrong."""
    (out,) = layout.not_settable({"segment.ms": "records may stay longer"}, "")
    assert (out.state, out.change) == (State.LOOK_AT, "so records may stay longer")
    (first,) = layout.not_settable({}, "set X")
    assert (first.state, first.found) == (State.WRONG, "set X")


def test_registry() -> None:
    """A registry that is only read from works for services, and takes no schema."""
    (right,) = layout.registry("https://r", "FULL_TRANSITIVE", "READWRITE")
    assert right.found == "https://r answers; compatibility FULL_TRANSITIVE, mode READWRITE"
    assert [line.state for line in layout.registry("https://r", "NONE", "")] == [State.OK]
    assert [line.state for line in layout.registry("https://r", "NONE", "READONLY")] == [State.LOOK_AT]


def test_schemas() -> None:
    """What is not registered and what may not be are different matters."""
    (right,) = layout.schemas({"a": "same"})
    assert right.state is State.OK
    refused, absent = layout.schemas({"a": "incompatible", "b": "new", "c": "compatible", "d": "same"})
    assert ("schemas check" in refused.change, "2 of 4" in absent.found) == (True, True)
