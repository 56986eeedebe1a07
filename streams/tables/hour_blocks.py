"""Verdicts of samples: the same rule as in `verdicts`, for an hour of samples at once, a dozen bytes a sample.

A block is the state of one key (user, resource, provider, source type, extra) and one hour:

    format  1 byte      1 = contents are doubles, 2 = contents are 64-bit hashes (`rows`)
    groups  sorted by (delivery_ms, tag):
      head      <qQI    delivery time in ms, tag (hash of attributes and duration), number of samples n
      offsets   n x <I  µs within the hour, sorted
      contents  n x <d  (or <Q) in the same order

The version of a sample is (delivery time, tag, content), so a block is a map from time to the greatest version seen,
written in one canonical way: equal maps have equal bytes. Two shortcuts spare most blocks the map: samples that lie
outside the range of every group are a new group, and a group that is there already, byte for byte, is a repetition.
"""

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from streams.tables import rows
from streams.tables.rows import RowKind
from streams.tables.verdicts import Verdict

_GROUP = struct.Struct("<qQI")
_SAMPLE_BYTES = 12
_CODE = {rows.NUMBERS.writes: "d", rows.HASHES.writes: "Q"}
_OFFSET = struct.Struct("<I")
_OFFSET_BYTES = 4

NUMBERS, HASHES = rows.NUMBERS, rows.HASHES  # kinds of contents


class Folded(NamedTuple):
    """`state`: what to store, None if stored already. `verdicts`: one a sample. `conflicts`: ties, whoever won."""

    state: bytes | None
    verdicts: list[Verdict]
    conflicts: int


class _SampleGroup(NamedTuple):
    delivery_ms: int
    tag: int
    start: int  # of its samples in the state
    end: int
    first_us: int
    last_us: int


def fold(
    stored: bytes | None,
    kind: RowKind,
    delivery_ms: int,
    offsets_us: Sequence[int],
    contents: Sequence[Any],
    tags: Sequence[int],
) -> Folded:
    """Compare samples of one event, each time once, sorted, with their block. Columns have equal lengths.

    Raises Misconfigured for a block of another version.
    """
    n = len(offsets_us)
    if stored is not None:
        rows.check(kind, stored)
    if tags.count(tags[0]) == n:
        packed = _pack(kind, offsets_us, contents)
        if stored is None:
            head = _GROUP.pack(delivery_ms, tags[0], n)
            return Folded(rows.pack(kind, head + packed), [Verdict.NEW] * n, 0)
        quick = _shortcut(stored, delivery_ms, tags[0], offsets_us, packed)
        if quick is not None:
            return quick
    samples = {} if stored is None else unpack(stored)
    return _merge(samples, kind, zip(offsets_us, contents, tags, strict=True), delivery_ms)


def _shortcut(stored: bytes, delivery_ms: int, tag: int, offsets_us: Sequence[int], packed: bytes) -> Folded | None:
    n, first, last, at = len(offsets_us), offsets_us[0], offsets_us[-1], rows.HEAD_BYTES
    for group in _groups(stored):
        key = (group.delivery_ms, group.tag)
        if key == (delivery_ms, tag):
            return Folded(None, [Verdict.SAME] * n, 0) if stored[group.start : group.end] == packed else None
        if first <= group.last_us and group.first_us <= last:
            return None
        if key < (delivery_ms, tag):
            at = group.end
    head = _GROUP.pack(delivery_ms, tag, n)
    return Folded(b"".join((stored[:at], head, packed, stored[at:])), [Verdict.NEW] * n, 0)


def _groups(stored: bytes) -> list[_SampleGroup]:
    found, at, end, offset = [], rows.HEAD_BYTES, len(stored), _OFFSET.unpack_from
    while at < end:
        delivery_ms, tag, n = _GROUP.unpack_from(stored, at)
        start = at + _GROUP.size
        at = start + n * _SAMPLE_BYTES
        (first_us,), (last_us,) = offset(stored, start), offset(stored, start + (n - 1) * _OFFSET_BYTES)
        found.append(_group(_SampleGroup, (delivery_ms, tag, start, at, first_us, last_us)))
    return found


_group = tuple.__new__  # half the time of calling the type


def is_there(stored: bytes | None) -> bool:
    """Whether a block holds samples. Raises Misconfigured for one of another version."""
    return stored is not None and rows.check(rows.BLOCK, stored) > 0


def newest_ms(stored: bytes) -> int:
    """Delivery time of the newest sample of a block, whatever its contents are."""
    rows.check(rows.BLOCK, stored)
    return _groups(stored)[-1].delivery_ms


def unpack(stored: bytes) -> dict[int, tuple[int, int, Any]]:
    """µs within the hour → (delivery_ms, tag, content)."""
    samples: dict[int, tuple[int, int, Any]] = {}
    code = _CODE[rows.check(rows.BLOCK, stored)]
    for group in _groups(stored):
        n = (group.end - group.start) // _SAMPLE_BYTES
        columns = struct.unpack_from(f"<{n}I{n}{code}", stored, group.start)
        for offset_us, content in zip(columns[:n], columns[n:], strict=True):
            samples[offset_us] = (group.delivery_ms, group.tag, content)
    return samples


def _merge(samples: dict[int, tuple[int, int, Any]], kind: RowKind, incoming: Any, delivery_ms: int) -> Folded:
    verdicts, conflicts, is_written = [], 0, False
    for offset_us, content, tag in incoming:
        new, old = (delivery_ms, tag, content), samples.get(offset_us)
        verdict, is_tie = _judge(old, new)
        if old is None or new > old:
            samples[offset_us] = new
            is_written = True
        verdicts.append(verdict)
        conflicts += is_tie
    return Folded(pack(kind, samples) if is_written else None, verdicts, conflicts)


def _judge(old: tuple[int, int, Any] | None, new: tuple[int, int, Any]) -> tuple[Verdict, bool]:
    """(verdict, whether it is a tie of versions with different content)."""
    if old is None:
        return Verdict.NEW, False
    if old[1:] == new[1:]:
        return Verdict.SAME, False
    if old[0] == new[0]:
        return (Verdict.CONFLICT if new > old else Verdict.STALE), True
    return (Verdict.CHANGED if new > old else Verdict.STALE), False


def pack(kind: RowKind, samples: dict[int, tuple[int, int, Any]]) -> bytes:
    """The canonical bytes of a block."""
    groups: dict[tuple[int, int], list[tuple[int, Any]]] = {}
    for offset_us, (delivery_ms, tag, content) in sorted(samples.items()):
        groups.setdefault((delivery_ms, tag), []).append((offset_us, content))
    out: list[bytes] = []
    for (delivery_ms, tag), group in sorted(groups.items()):
        out += (_GROUP.pack(delivery_ms, tag, len(group)), _pack(kind, *zip(*group, strict=True)))
    return rows.pack(kind, b"".join(out))


def _pack(kind: RowKind, offsets_us: Sequence[int], contents: Sequence[Any]) -> bytes:
    n = len(offsets_us)
    return struct.pack(f"<{n}I{n}{_CODE[kind.writes]}", *offsets_us, *contents)
