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
from typing import NamedTuple, Protocol

import msgspec

from streams.tables import rows
from streams.tables.rows import RowKind


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


# A row begins with its version. That of an entity: length of its content, content (JSON), what was kept beside it.
_VERSION = struct.Struct(">qqq")
_HEAD = struct.Struct(">qqqI")
_CONTENT = rows.HEAD_BYTES + _HEAD.size


class StoredVersion(NamedTuple):
    """The greatest version seen. `content`: as `judge` got it. `extra`: bytes that are no content."""

    version: Version
    content: bytes
    extra: bytes


class RowForm(Protocol):
    """How an entity is stored, behind the format's number and the version. `content`: as `judge` got it."""

    kind: RowKind

    def row(self, version: Version, content: bytes) -> bytes:
        """What is stored of this version."""

    def precedes(self, state: bytes, version: Version, content: bytes) -> bool:
        """Whether to store this version in place of an equal one: one of the two is always the one that stays."""

    def changed(self, state: bytes, content: bytes) -> list[str]:
        """Names of fields that were added, removed or changed, sorted."""


class _JsonForm:
    """The content as it is: of devices, labs and query rows."""

    kind = rows.ENTITY

    def row(self, version: Version, content: bytes) -> bytes:
        return rows.pack(rows.ENTITY, _HEAD.pack(*version, len(content)) + content)

    def precedes(self, state: bytes, version: Version, content: bytes) -> bool:
        return False

    def changed(self, state: bytes, content: bytes) -> list[str]:
        return changed_names(stored(state).content, content)


JSON_FORM = _JsonForm()


def version_of(state: bytes, kind: RowKind) -> Version:
    """The version of a row. Raises Misconfigured for a row of another version of this program."""
    rows.check(kind, state)
    updated_at_us, delivered_at_ms, number = _VERSION.unpack_from(state, rows.HEAD_BYTES)
    if is_ahead(updated_at_us, delivered_at_ms):  # by a version that did not look
        updated_at_us = NEVER_US
    return Version(updated_at_us, delivered_at_ms, number)


def stored(state: bytes, kind: RowKind = rows.ENTITY) -> StoredVersion:
    """A row of JSON taken apart. Raises Misconfigured for a row of another version of this program."""
    version = version_of(state, kind)
    behind = _CONTENT + _HEAD.unpack_from(state, rows.HEAD_BYTES)[3]
    return StoredVersion(version, state[_CONTENT:behind], state[behind:])


def judge(state: bytes | None, version: Version, content: bytes, form: RowForm = JSON_FORM) -> EntityVerdict:
    """Compare an entity with its state. `content`: JSON of an object, in one form (`values.to_json`)."""
    if state is None:
        return EntityVerdict(Verdict.NEW, False, [], form.row(version, content))
    before = version_of(state, form.kind)
    if version.content_hash == before.content_hash:
        is_ahead = version > before or (version == before and form.precedes(state, version, content))
        return EntityVerdict(Verdict.SAME, False, [], form.row(version, content) if is_ahead else None)
    is_conflict = version.ties(before)
    if version < before:
        return EntityVerdict(Verdict.STALE, is_conflict, [], None)
    verdict = Verdict.CONFLICT if is_conflict else Verdict.CHANGED
    return EntityVerdict(verdict, is_conflict, form.changed(state, content), form.row(version, content))


def changed_names(before: bytes, now: bytes) -> list[str]:
    """Names whose values differ in two JSON objects, sorted."""
    old, new = _decode(before), _decode(now)
    return sorted(name for name in old.keys() | new.keys() if old.get(name, _ABSENT) != new.get(name, _ABSENT))


_ABSENT = object()
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode  # JSON of values, in one form, is as good as they are
