"""The partition of an owner's records: one function for every producer.

So a user's raw records, tables and clean records have the same partition number.
"""

from functools import lru_cache


@lru_cache(maxsize=200_000)
def partition_for(owner_id: str, partitions: int) -> int:
    """Partition of a user: Java's murmur2 over the UTF-8 id, as Kafka's default partitioner does for a key."""
    return (murmur2(owner_id.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 (org.apache.kafka.common.utils.Utils), unsigned."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    length = len(data)
    h = 0x9747B28C ^ length
    for i in range(0, length - length % 4, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    tail = data[length - length % 4 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)
