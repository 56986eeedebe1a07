"""Membership in the consumer group, as a transaction's offsets carry it (KIP-447). Pure."""

from typing import NamedTuple


class Membership(NamedTuple):
    """What the group coordinator knows of this worker. Generation -1 and an empty member id: not in the group."""

    generation: int
    member_id: str

    @property
    def valid(self) -> bool:
        """aiokafka resets to (-1, "") when it leaves; the broker takes a commit with these without fencing it."""
        return self.generation >= 0 and bool(self.member_id)


class Member(NamedTuple):
    """`instance_id`: of a static membership, None without."""

    group_id: str
    membership: Membership
    instance_id: str | None = None
