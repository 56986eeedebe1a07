"""Two requests in versions that aiokafka 0.14 does not have: with what fences a worker that the group moved past.

Fields are those of Kafka's TxnOffsetCommitRequest.json (version 3, KIP-447) and InitProducerIdRequest.json (version 3,
KIP-360). Brokers have both since 2.5.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactString, Int16, Int32, Int64, Schema, TaggedFields

from streams.engine.positions.group_metadata import Member
from streams.engine.positions.slices import Source

TEXT = CompactString("utf-8")
NO_EPOCH = -1  # of the partition's leader, which is not known here


class InitProducerIdResponse_v3(Response):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    API_KEY = 22
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )


class InitProducerIdRequest_v3(RequestStruct):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    API_KEY = 22
    API_VERSION = 3
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = InitProducerIdResponse_v3
    SCHEMA = Schema(
        ("transactional_id", TEXT),
        ("transaction_timeout_ms", Int32),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )


class InitProducerId(Request[InitProducerIdRequest_v3]):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """With the id and epoch that this producer has (-1, -1 at its start): refused where another one has a newer."""

    API_KEY = 22

    def __init__(self, *values: object) -> None:
        self._values = values

    def build(self, request_struct_class: type[InitProducerIdRequest_v3]) -> InitProducerIdRequest_v3:
        return request_struct_class(*self._values, {})


class TxnOffsetCommitResponse_v3(Response):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    API_KEY = 28
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(("partition", Int32), ("error_code", Int16), ("tags", TaggedFields)),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class TxnOffsetCommitRequest_v3(RequestStruct):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    API_KEY = 28
    API_VERSION = 3
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = TxnOffsetCommitResponse_v3
    SCHEMA = Schema(
        ("transactional_id", TEXT),
        ("group_id", TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("generation_id", Int32),
        ("member_id", TEXT),
        ("group_instance_id", TEXT),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                        ("metadata", TEXT),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class TxnOffsetCommit(Request[TxnOffsetCommitRequest_v3]):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """The offsets of a transaction, with the membership that processed up to them."""

    API_KEY = 28

    def __init__(self, producer: tuple[str, int, int], member: Member, offsets: Mapping[Source, int]) -> None:
        """`producer`: transactional id, producer id, epoch."""
        self._producer, self._member, self._offsets = producer, member, offsets

    def build(self, request_struct_class: type[TxnOffsetCommitRequest_v3]) -> TxnOffsetCommitRequest_v3:
        name, producer_id, epoch = self._producer
        group_id, (generation, member_id), instance_id = self._member
        topics: list[Any] = [
            (topic, [(partition, self._offsets[topic, partition], NO_EPOCH, "", {}) for partition in partitions], {})
            for topic, partitions in by_topic(self._offsets).items()
        ]
        return request_struct_class(name, group_id, producer_id, epoch, generation, member_id, instance_id, topics, {})


def by_topic(sources: Iterable[Source]) -> dict[str, list[int]]:
    """Partition numbers of each topic."""
    found: dict[str, list[int]] = {}
    for topic, partition in sources:
        found.setdefault(topic, []).append(partition)
    return found
