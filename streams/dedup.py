"""Verdicts and versions of single entities (product contract, section 4). Pure: state bytes in, state bytes out.

The rule: versions of a key are totally ordered by (updated_at, delivery time, content hash), and the state is the
greatest version seen with its content. A maximum forgets order and repetition, which is the whole law: however the
deliveries come, the state ends the same, and the last content emitted is the content of the state.

| stored version | incoming | verdict | state | leaves |
|---|---|---|---|---|
| none | any | NEW | incoming | yes |
| any | same content, greater version | SAME | incoming | no |
| any | same content | SAME | stays | no |
| less | other content | CHANGED, or CONFLICT at equal `updated_at` (without one: delivery time) | incoming | yes |
| greater | other content | STALE | stays | no |

SAME content with a greater version must be stored: else an older value that arrives later would win. Both sides of
equal versions with different content count as a conflict: the loser's verdict is STALE.
"""

import struct
from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import blake2b
from itertools import chain
from typing import Any, NamedTuple
from zlib import crc32

from streams.values import to_json


class Verdict(StrEnum):
    NEW = "NEW"
    CHANGED = "CHANGED"
    SAME = "SAME"
    STALE = "STALE"
    CONFLICT = "CONFLICT"


# What leaves, weakest first; a record of several samples carries the strongest verdict among them.
EMITTED = (Verdict.NEW, Verdict.CHANGED, Verdict.CONFLICT)

NEVER_US = -(2**63)  # stands for "no updated_at": older than any
REMOVED = "removed_field"  # a field of the version before whose name we cannot tell from its hash


class Version(NamedTuple):
    """The order is that of the tuple. Times: µs and ms since 1970, UTC; the hash is signed, as in Avro."""

    updated_at_us: int
    delivered_at_ms: int
    content_hash: int

    def ties(self, other: "Version") -> bool:
        """Whether the sender's own words leave open which of two contents is newer."""
        if self.updated_at_us == NEVER_US == other.updated_at_us:
            return self.delivered_at_ms == other.delivered_at_ms
        return self.updated_at_us == other.updated_at_us


class Judged(NamedTuple):
    """`state`: what to store, None for what is stored already."""

    verdict: Verdict
    is_conflict: bool
    changed_fields: list[str]
    state: bytes | None


def state_key(*parts: str) -> bytes:
    """Parts of a key, the user first. Different parts never give the same bytes; `user|` is the prefix of one user."""
    return "|".join([part.replace("%", "%25").replace("|", "%7C") for part in parts]).encode()


def content_hash(content: Mapping[str, Any]) -> int:
    """Signed 64 bits over names and values, in the order of names."""
    return signed_hash(to_json(content))


def signed_hash(data: bytes) -> int:
    """64 bits as Avro's long holds them."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


_FORMAT = 1
_HEAD = struct.Struct(">Bqqq")
_FIELD = struct.Struct(">II")


def judge(stored: bytes | None, version: Version, content: Mapping[str, Any], names: Iterable[str] = ()) -> Judged:
    """Compare an entity with its state. `names`: all field names it could have, to name those that vanished."""
    if stored is None:
        return Judged(Verdict.NEW, False, [], _state(version, _hashes(content)))
    before = Version(*_HEAD.unpack_from(stored)[1:])
    if version.content_hash == before.content_hash:
        advanced = _HEAD.pack(_FORMAT, *version) + stored[_HEAD.size :] if version > before else None
        return Judged(Verdict.SAME, False, [], advanced)
    is_conflict = version.ties(before)
    if version < before:
        return Judged(Verdict.STALE, is_conflict, [], None)
    hashes = _hashes(content)
    changed = _changed(dict(_FIELD.iter_unpack(stored[_HEAD.size :])), hashes, content, names)
    return Judged(Verdict.CONFLICT if is_conflict else Verdict.CHANGED, is_conflict, changed, _state(version, hashes))


def _hashes(content: Mapping[str, Any]) -> dict[int, int]:
    return {crc32(name.encode()): crc32(to_json(value)) for name, value in content.items()}


def _state(version: Version, hashes: Mapping[int, int]) -> bytes:
    flat = chain.from_iterable(sorted(hashes.items()))
    return _HEAD.pack(_FORMAT, *version) + struct.pack(f">{2 * len(hashes)}I", *flat)


def _changed(
    before: Mapping[int, int], now: Mapping[int, int], content: Mapping[str, Any], names: Iterable[str]
) -> list[str]:
    """Names of fields that came, went or changed, sorted."""
    known = {crc32(name.encode()): name for name in chain(names, content)}
    differing = (name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return sorted({known.get(name, REMOVED) for name in differing})
