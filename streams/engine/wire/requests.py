"""Requests in versions that aiokafka 0.14 does not have: with what fences a worker that the group moved past.

Fields are those of Kafka's TxnOffsetCommitRequest.json (version 3, KIP-447) and InitProducerIdRequest.json (version 3,
KIP-360). Brokers have both since 2.5.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactString, Int16, Int32, Int64, Schema, TaggedFields

from streams.engine.positions.group_metadata import Member
from streams.engine.positions.slices import Source

VERSION = 3  # of both
TEXT = CompactString("utf-8")
NO_EPOCH = -1  # of the partition's leader, which is not known here
Field = tuple[str, Any]


class Question:
    """A request of one version, as aiokafka's connection takes it."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> Any:
        """`versions`: lowest and highest of each request of the broker. Raises IncompatibleBrokerVersion."""
        key, version = self._request.API_KEY, self._request.API_VERSION
        lowest, highest = versions.get(key, (0, -1))
        if not lowest <= version <= highest:
            raise IncompatibleBrokerVersion(f"the broker has no version {version} of {key}")
        return self._request


def tagged(*fields: Field) -> list[Field]:
    """Fields of a flexible version (KIP-482)."""
    return [*fields, ("tags", TaggedFields)]


def request_type(key: int, asked: list[Field], answered: list[Field], version: int = VERSION) -> Any:
    """The class of a request with these fields, whose answer has those."""
    api = {"API_KEY": key, "API_VERSION": version}
    answer = type("Answer", (Response,), {**api, "SCHEMA": Schema(*answered)})
    request = {**api, "SCHEMA": Schema(*asked), "FLEXIBLE_VERSION": True, "RESPONSE_TYPE": answer}
    return type("Asked", (RequestStruct,), request)


_InitProducerId = request_type(
    22,
    tagged(
        ("transactional_id", TEXT),
        ("transaction_timeout_ms", Int32),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
    ),
    tagged(("throttle_time_ms", Int32), ("error_code", Int16), ("producer_id", Int64), ("producer_epoch", Int16)),
)
_Offset = CompactArray(
    *tagged(("partition", Int32), ("offset", Int64), ("leader_epoch", Int32), ("metadata", TEXT)),
)
_Error = CompactArray(*tagged(("partition", Int32), ("error_code", Int16)))
_TxnOffsetCommit = request_type(
    28,
    tagged(
        ("transactional_id", TEXT),
        ("group_id", TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("generation_id", Int32),
        ("member_id", TEXT),
        ("group_instance_id", TEXT),
        ("topics", CompactArray(*tagged(("topic", TEXT), ("partitions", _Offset)))),
    ),
    tagged(
        ("throttle_time_ms", Int32),
        ("topics", CompactArray(*tagged(("topic", TEXT), ("partitions", _Error)))),
    ),
)


def init_producer_id(transactional_id: str, timeout_ms: int, producer_id: int, epoch: int) -> Question:
    """With the id and epoch that this producer has (-1, -1 at its start): refused where another one has a newer."""
    return Question(_InitProducerId(transactional_id, timeout_ms, producer_id, epoch, {}))


def txn_offset_commit(producer: tuple[str, int, int], member: Member, offsets: Mapping[Source, int]) -> Question:
    """The offsets of a transaction, with the membership that processed up to them.

    `producer`: transactional id, producer id, epoch.
    """
    name, producer_id, epoch = producer
    group_id, (generation, member_id), instance_id = member
    topics: list[Any] = [
        (topic, [(partition, offsets[topic, partition], NO_EPOCH, "", {}) for partition in partitions], {})
        for topic, partitions in by_topic(offsets).items()
    ]
    whose = (name, group_id, producer_id, epoch, generation, member_id, instance_id)
    return Question(_TxnOffsetCommit(*whose, topics, {}))


def by_topic(sources: Iterable[Source]) -> dict[str, list[int]]:
    """Partition numbers of each topic."""
    found: dict[str, list[int]] = {}
    for topic, partition in sources:
        found.setdefault(topic, []).append(partition)
    return found
