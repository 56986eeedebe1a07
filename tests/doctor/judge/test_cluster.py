"""What is said of a cluster and of what its brokers speak."""

import pytest

from streams.doctor.judge import cluster
from streams.ops.lines import State

OF_4_3 = {2: 11, 3: 13, 11: 9, 22: 6, 28: 5, 44: 1}


def test_all_that_is_asked() -> None:
    """A broker of today speaks all of it, and the cluster's level is said as the release that brought it."""
    (line,) = cluster.versions(OF_4_3, 30)
    assert (line.state, line.found) == (State.OK, "speak all that is asked of them; metadata.version 4.3")


@pytest.mark.parametrize(
    ("key", "version", "words"),
    [
        (22, 2, "KIP-360"),
        (28, 2, "KIP-447"),
        (44, -1, "topics apply"),
        (2, 6, "newest record"),
        (3, 9, "ids of topics"),
    ],
)
def test_an_older_broker(key: int, version: int, words: str) -> None:
    """What it does not have is named with the Kafka that has it."""
    (line,) = cluster.versions(OF_4_3 | {key: version}, None)
    assert line.state is State.WRONG
    assert words in line.found
    assert "Kafka 2." in line.change or "Kafka 3.0" in line.change


def test_no_versions_at_all() -> None:
    """A proxy that hides them is to be looked at."""
    assert [line.state for line in cluster.versions({}, None)] == [State.LOOK_AT]


@pytest.mark.parametrize(
    ("level", "release"), [(7, "3.3"), (19, "3.7"), (25, "4.0"), (30, "4.3"), (99, "newer than 4.4"), (3, "level 3")]
)
def test_releases(level: int, release: str) -> None:
    """Levels between two releases belong to the earlier one."""
    assert cluster.release(level) == release


def test_more_copies_than_brokers() -> None:
    """Such topics cannot be made."""
    right, short = cluster.cluster("id", 1, 1, 3)
    assert (right.state, right.found) == (State.OK, "id, 1 broker")
    assert (short.state, "STREAMS_REPLICATION is 3" in short.found) == (State.WRONG, True)
    assert [line.state for line in cluster.cluster("id", 3, None, 3)] == [State.OK, State.LOOK_AT]
