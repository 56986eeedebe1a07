"""Avro's binary form of numbers: a long, and columns of long and of double.

An array is one block (count, items) and an empty block; counts and longs are zigzag varints: 7 bits a byte, lowest
first, the top bit set on all bytes but the last. Writing them one by one is what a clean record of samples costs most,
and nearly all times take exactly 8 bytes: µs from 1978 to 3111, doubled by zigzag, need 50 to 56 bits. Those are
spread from 56 bits to 8 x 7 all at once, as lanes of one big integer, 20 times as fast.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache

_EMPTY = b"\0"
_FEW = 8  # longs, below which lanes do not pay
_ONE_BYTE, _TWO_BYTES = 1 << 6, 1 << 13  # numbers from 0 on, which zigzag doubles
_EIGHT_BYTES = range(1 << 48, 1 << 55)  # before zigzag, which doubles
# (bits that stay, bits that move up, by how many), for one lane: halves of 28 bits, quarters of 14, eighths of 7.
_SPREAD = (
    (0x0000_0000_0FFF_FFFF, 0x00FF_FFFF_F000_0000, 4),
    (0x0000_3FFF_0000_3FFF, 0x0FFF_C000_0FFF_C000, 2),
    (0x007F_007F_007F_007F, 0x3F80_3F80_3F80_3F80, 1),
)
_CONTINUED = 0x0080_8080_8080_8080


def doubles(values: Sequence[float]) -> bytes:
    """An array of double."""
    n = len(values)
    return long(n) + struct.pack(f"<{n}d", *values) + _EMPTY if n else _EMPTY


def longs(values: Sequence[int]) -> bytes:
    """An array of long (64 bits, signed)."""
    n = len(values)
    if not n:
        return _EMPTY
    if n >= _FEW:
        least, most = min(values), max(values)
        if least in _EIGHT_BYTES and most in _EIGHT_BYTES:
            return long(n) + _spread(values) + _EMPTY
        if least >= 0 and most < _ONE_BYTE:
            return long(n) + bytes([value << 1 for value in values]) + _EMPTY
        if least >= 0 and most < _TWO_BYTES:
            return long(n) + b"".join([LAST[value << 1] for value in values]) + _EMPTY
        if least >= _TWO_BYTES and most < _TWO_BYTES << 14:
            parts = [_GOES_ON[value << 1 & _14_BITS] + LAST[value >> 13] for value in values]
            return long(n) + b"".join(parts) + _EMPTY
        if least >= _TWO_BYTES << 14 and most < _TWO_BYTES << 28:  # milliseconds since 1970: `long`, without its calls
            parts = [
                _GOES_ON[value << 1 & _14_BITS] + _GOES_ON[value >> 13 & _14_BITS] + LAST[value >> 27]
                for value in values
            ]
            return long(n) + b"".join(parts) + _EMPTY
    return b"".join([long(n), *map(long, values), _EMPTY])


def long(n: int) -> bytes:
    """A zigzag varint. Raises OverflowError beyond 64 bits, TypeError for what is no integer."""
    z = n << 1 ^ n >> 63
    if z < 1 << 14:
        return LAST[z]
    if z < 1 << 28:
        return _GOES_ON[z & _14_BITS] + LAST[z >> 14]
    if z < 1 << 42:
        return _GOES_ON[z & _14_BITS] + _GOES_ON[z >> 14 & _14_BITS] + LAST[z >> 28]
    at = _GOES_ON[z & _14_BITS] + _GOES_ON[z >> 14 & _14_BITS] + _GOES_ON[z >> 28 & _14_BITS]
    if z < 1 << 56:
        return at + LAST[z >> 42]
    if not -(1 << 63) <= n < 1 << 63:
        raise OverflowError("beyond 64 bits")
    return at + _GOES_ON[z >> 42 & _14_BITS] + LAST[z >> 56]


def _varint(n: int) -> bytes:
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


# Two bytes of a varint at a time: those that end with their number, and those that go on.
_14_BITS = (1 << 14) - 1
LAST = [_varint(n) for n in range(1 << 14)]
_GOES_ON = [bytes((n & 0x7F | 0x80, n >> 7 | 0x80)) for n in range(1 << 14)]


def _spread(values: Sequence[int]) -> bytes:
    n = len(values)
    lanes = int.from_bytes(struct.pack(f"<{n}Q", *values), "little") << 1
    steps, continued = _masks(n)
    for stay, move, by in steps:
        lanes = lanes & stay | (lanes & move) << by
    return (lanes | continued).to_bytes(8 * n, "little")


@lru_cache(maxsize=256)
def _masks(n: int) -> tuple[tuple[tuple[int, int, int], ...], int]:
    """The masks of one lane, repeated in n lanes."""

    def repeated(mask: int) -> int:
        return int.from_bytes(mask.to_bytes(8, "little") * n, "little")

    return tuple((repeated(stay), repeated(move), by) for stay, move, by in _SPREAD), repeated(_CONTINUED)
