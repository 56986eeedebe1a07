"""Membership in the consumer group."""

from streams.engine.positions.group_metadata import Membership


def test_out_of_the_group() -> None:
    """Generation -1 or an empty member id is no membership: the broker would not fence such a commit."""
    assert not Membership(-1, "").valid
    assert not Membership(3, "").valid
    assert not Membership(-1, "m").valid
    assert Membership(0, "m").valid
