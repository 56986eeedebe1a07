"""Verdicts and versions of single entities (product contract, section 4). Pure: state bytes in, state bytes out.

The rule: versions of a key are totally ordered by (updated_at, delivery time, content hash), and the state is the
greatest version seen with its content. A maximum forgets order and repetition, which is the whole law: in any order of
deliveries the state ends the same, and the last content emitted is the content of the state.

| stored version | incoming | verdict | state | emitted |
|---|---|---|---|---|
| none | any | NEW | incoming | yes |
| any | same content, greater version | SAME | incoming | no |
| any | same content | SAME | stays | no |
| less | other content | CHANGED, or CONFLICT at equal `updated_at` (without one: delivery time) | incoming | yes |
| greater | other content | STALE | stays | no |

SAME content with a greater version must be stored: else an older value that arrives later would win. Both sides of
equal versions with different content count as a conflict: the loser's verdict is STALE.

An `updated_at` well after its own delivery is no version (`is_ahead`): everything later would be STALE for ever.
Both times are in the log, and in the state, so that a replay decides the same, also of what was stored before.
"""

import struct
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from streams.tables import rows


class Verdict(StrEnum):
    NEW = "NEW"
    CHANGED = "CHANGED"
    SAME = "SAME"
    STALE = "STALE"
    CONFLICT = "CONFLICT"


# What is emitted, weakest first; a record of several samples carries the strongest verdict among them.
EMITTED = (Verdict.NEW, Verdict.CHANGED, Verdict.CONFLICT)

# By how much clocks of one sender may differ: Junction's, which sets `updated_at` when it takes data in (2.6), and that
# of the delivery, which follows. Svix allows as much (7.3). No setting, because a replay has to decide the same.
SKEW_MS = 300_000
FIRST_DELIVERY_MS = 1_400_000_000_000  # message ids begin in May 2014: an earlier time is none
NEVER_US = -(2**63)  # stands for "no updated_at": older than any


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


def is_ahead(time_us: int, delivered_at_ms: int) -> bool:
    """Whether a time lies further after its own delivery than clocks may differ. µs and ms since 1970, UTC."""
    return time_us > (delivered_at_ms + SKEW_MS) * 1000 and delivered_at_ms >= FIRST_DELIVERY_MS


class EntityVerdict(NamedTuple):
    """`state`: what to store, None for what is stored already."""

    verdict: Verdict
    is_conflict: bool
    changed_fields: list[str]
    state: bytes | None


def signed_hash(data: bytes) -> int:
    """64 bits as Avro's long holds them."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


# State of an entity: version, length of its content; content (JSON); what its owner keeps beside it.
_HEAD = struct.Struct(">qqqI")
_CONTENT = rows.HEAD_BYTES + _HEAD.size


class StoredVersion(NamedTuple):
    """The greatest version seen. `content`: as `judge` got it. `extra`: bytes that are no content."""

    version: Version
    content: bytes
    extra: bytes


def stored(state: bytes) -> StoredVersion:
    """A state taken apart. Raises Misconfigured for one of another version."""
    rows.check(rows.ENTITY, state)
    updated_at_us, delivered_at_ms, number, n = _HEAD.unpack_from(state, rows.HEAD_BYTES)
    if is_ahead(updated_at_us, delivered_at_ms):  # by a version that did not look
        updated_at_us = NEVER_US
    behind = _CONTENT + n
    return StoredVersion(Version(updated_at_us, delivered_at_ms, number), state[_CONTENT:behind], state[behind:])


def judge(state: bytes | None, version: Version, content: bytes, extra: bytes = b"") -> EntityVerdict:
    """Compare an entity with its state. `content`: JSON of an object, in one form (`values.to_json`).

    `extra`: kept with the version; of equal versions the lesser one stays, so that order does not matter here either.
    """
    if state is None:
        return EntityVerdict(Verdict.NEW, False, [], _state(version, content, extra))
    before = stored(state)
    if version.content_hash == before.version.content_hash:
        is_ahead = version > before.version or (version == before.version and extra < before.extra)
        return EntityVerdict(Verdict.SAME, False, [], _state(version, content, extra) if is_ahead else None)
    is_conflict = version.ties(before.version)
    if version < before.version:
        return EntityVerdict(Verdict.STALE, is_conflict, [], None)
    verdict = Verdict.CONFLICT if is_conflict else Verdict.CHANGED
    return EntityVerdict(verdict, is_conflict, _changed(before.content, content), _state(version, content, extra))


def _state(version: Version, content: bytes, extra: bytes) -> bytes:
    return rows.pack(rows.ENTITY, b"".join((_HEAD.pack(*version, len(content)), content, extra)))


def _changed(before: bytes, now: bytes) -> list[str]:
    """Names of fields that were added, removed or changed, sorted."""
    old, new = _decode(before), _decode(now)
    return sorted(name for name in old.keys() | new.keys() if old.get(name, _ABSENT) != new.get(name, _ABSENT))


_ABSENT = object()
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode  # JSON of values, in one form, is as good as they are
