"""What a trial of transactions asks beside the requests of the engine: the time at which one began, and what the
cluster speaks.

Fields are those of Kafka's DescribeTransactionsRequest.json (version 0, KIP-664, since 3.0) and ApiVersionsRequest.json
(version 3, KIP-511; its finalized features are KIP-584's).
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from aiokafka.protocol.api import ResponseHeader_v0
from aiokafka.protocol.types import CompactArray, Int16, Int32, Int64, Schema

from streams.engine.wire.requests import TEXT, Question, request_type, tagged

API_VERSIONS = 18
METADATA_VERSION = "metadata.version"  # of a cluster in KRaft mode
_FEATURES = 2  # the tag of finalized features
_SOFTWARE = ("junction-streams", "0")

_Partitions = CompactArray(*tagged(("topic", TEXT), ("partitions", CompactArray(Int32))))
_State = CompactArray(
    *tagged(
        ("error_code", Int16),
        ("transactional_id", TEXT),
        ("transaction_state", TEXT),
        ("transaction_timeout_ms", Int32),
        ("transaction_start_time_ms", Int64),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("topics", _Partitions),
    )
)
_DescribeTransactions = request_type(
    65,
    tagged(("transactional_ids", CompactArray(TEXT))),
    tagged(("throttle_time_ms", Int32), ("states", _State)),
    version=0,
)
_ApiVersions = request_type(
    API_VERSIONS,
    tagged(("software_name", TEXT), ("software_version", TEXT)),
    tagged(
        ("error_code", Int16),
        ("api_versions", CompactArray(*tagged(("api_key", Int16), ("lowest", Int16), ("highest", Int16)))),
        ("throttle_time_ms", Int32),
    ),
)
_Features = CompactArray(*tagged(("name", TEXT), ("highest", Int16), ("lowest", Int16)))


def _header(_: Any, read_buffer: Any) -> Any:
    """Without tags, though the rest has them: a client that does not know the broker yet has to read it (KIP-511)."""
    return ResponseHeader_v0.decode(read_buffer)


_Versions: Any = type("Asked", (_ApiVersions,), {"parse_response_header": _header})


def describe_transaction(transactional_id: str) -> Question:
    """What the coordinator knows of a transactional id."""
    return Question(_DescribeTransactions([transactional_id], {}))


def api_versions() -> Question:
    """What a broker speaks, and the features that its cluster has agreed on."""
    return Question(_Versions(*_SOFTWARE, {}))


def started_ms(answer: Any) -> int | None:
    """When the one transaction of an answer began, by the coordinator's clock (Unix ms); None where it is not told."""
    for code, _, _, _, start_ms, *_ in answer.states:
        if code == 0 and start_ms > 0:
            return int(start_ms)
    return None


def newest(answer: Any) -> dict[int, int]:
    """Key of each request → the newest version that the broker speaks."""
    return {key: highest for key, _, highest, _ in answer.api_versions}


def features(answer: Any) -> Mapping[str, int]:
    """Finalized features and their levels; empty where a cluster tells none."""
    packed = answer.tags.get(_FEATURES)
    found = Schema(("features", _Features)).decode(BytesIO(packed))[0] if packed else None
    return {name: highest for name, highest, *_ in found or ()}
