"""The bytes in which librdkafka 2.16 passes consumer group membership to a transactional producer (KIP-447).

librdkafka makes them from its own consumer. Ours is aiokafka's, so they are made here, and compared with librdkafka's
at start (`versions.check`). Layout: `rd_kafka_consumer_group_metadata_write` in rdkafka_cgrp.c.
"""

import struct
from typing import NamedTuple

MAGIC = b"CGMDv2:"


class Membership(NamedTuple):
    """What the group coordinator knows of this worker. Generation -1 and an empty member id: not in the group."""

    generation: int
    member_id: str

    @property
    def valid(self) -> bool:
        """aiokafka resets to (-1, "") when it leaves; the broker takes a commit with these without fencing it."""
        return self.generation >= 0 and bool(self.member_id)


def encode(group_id: str, membership: Membership, instance_id: str | None = None) -> bytes:
    """`instance_id`: the static membership's `group.instance.id`, None without."""
    return (
        MAGIC
        + struct.pack("=i", membership.generation)
        + group_id.encode()
        + b"\0"
        + membership.member_id.encode()
        + b"\0"
        + (b"\1" if instance_id is None else b"\0" + instance_id.encode() + b"\0")
    )
