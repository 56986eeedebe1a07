"""Numbers as Avro writes them: 7 bits a byte, lowest first, the top bit set on all bytes but the last, the sign in the
lowest bit of all (zigzag). Column by column, because one by one is what reading a record of rows costs most. Pure."""

import re
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

ONE = [bytes((one,)) for one in range(256)]
_HALVES = bytes(one >> 1 if not one & 1 else 0 for one in range(256))
_NUMBER = rb"[\x80-\xff]*+[\x00-\x7f]"
_tokens = re.compile(_NUMBER).findall
# Where so many numbers end. A pattern for each count would have to be compiled, which takes longer than all of this.
_RUNS = [(1 << power, re.compile(rb"(?:%s){%d}+" % (_NUMBER, 1 << power)).match) for power in range(16, -1, -1)]
_SMALL = 1 << 13
_SHORT_BYTES = 2
_LANE_BYTES = 8  # 56 bits: all but numbers beyond a year 2111 in µs


def number(n: int) -> bytes:
    """A number of 64 bits. Raises OverflowError beyond."""
    if 0 <= n < _SMALL:
        return _TOKENS[n]
    if not -(1 << 63) <= n < 1 << 63:
        raise OverflowError("beyond 64 bits")
    return _token(n << 1 ^ n >> 63)


def _token(z: int) -> bytes:
    out = bytearray()
    while z > 0x7F:
        out.append(z & 0x7F | 0x80)
        z >>= 7
    out.append(z)
    return bytes(out)


_TOKENS = [_token(n << 1) for n in range(_SMALL)]


def number_at(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends. Raises IndexError where there is none."""
    z = shift = 0
    while (byte := data[at]) > 0x7F:
        z |= (byte & 0x7F) << shift
        shift += 7
        at += 1
    z |= byte << shift
    return z >> 1 ^ -(z & 1), at + 1


def end_of(data: bytes, at: int, n: int) -> int:
    """Where n numbers end that begin at a place. Raises ValueError where there are fewer."""
    for size, match in _RUNS:
        while n >= size:
            found = match(data, at)
            if found is None:
                raise ValueError("cut off")
            at, n = found.end(), n - size
    return at


def tokens(region: bytes, n: int) -> Sequence[bytes]:
    """The bytes of each of n numbers that make up a region."""
    if len(region) == n:
        return [ONE[one] for one in region]
    width = _width(region, n)
    return [region[at : at + width] for at in range(0, len(region), width)] if width else _tokens(region)


def _width(region: bytes, n: int) -> int:
    """Of each of n numbers, where all have as many bytes; else 0."""
    width, rest = divmod(len(region), n)
    is_even = not rest and region[width - 1 :: width].isascii()
    return width if is_even and len(region.translate(None, _LAST)) == len(region) - n else 0


def numbers(region: bytes, n: int) -> Sequence[int]:
    """Each of n numbers that make up a region."""
    if len(region) == n and not region.translate(None, _EVEN):
        return region.translate(_HALVES)
    found = tokens(region, n)
    widest = max(map(len, found), default=0)
    if widest <= _SHORT_BYTES:
        return list(map(_VALUES.__getitem__, found))
    return _wide(found) if widest <= _LANE_BYTES else [number_at(one, 0)[0] for one in found]


_EVEN, _LAST = bytes(range(0, 128, 2)), bytes(range(128))


class _Values(dict[bytes, int]):
    """The number of each token, of two bytes at most."""

    def __missing__(self, token: bytes) -> int:
        found = self[token] = number_at(token, 0)[0]
        return found


_VALUES = _Values()


def value(token: bytes) -> int:
    """The number of a token."""
    return _VALUES[token] if len(token) <= _SHORT_BYTES else number_at(token, 0)[0]


def _wide(found: Sequence[bytes]) -> Sequence[int]:
    """All at once: as lanes of one big integer."""
    n = len(found)
    lanes = int.from_bytes(b"".join([one.ljust(_LANE_BYTES, b"\0") for one in found]), "little")
    masks, signs = _masks(n)
    is_positive = not lanes & signs
    for stay, move, by in masks:
        lanes = lanes & stay | (lanes & move) >> by
    if is_positive:
        return struct.unpack(f"<{n}Q", (lanes >> 1).to_bytes(_LANE_BYTES * n, "little"))
    values = struct.unpack(f"<{n}Q", lanes.to_bytes(_LANE_BYTES * n, "little"))
    return [z >> 1 ^ -(z & 1) for z in values]


# (bits that stay, bits that move down, by how many), for one lane: pairs of 7 bits, pairs of 14, pairs of 28.
_GATHER = (
    (0x007F_007F_007F_007F, 0x7F00_7F00_7F00_7F00, 1),
    (0x0000_3FFF_0000_3FFF, 0x3FFF_0000_3FFF_0000, 2),
    (0x0000_0000_0FFF_FFFF, 0x0FFF_FFFF_0000_0000, 4),
)


@lru_cache(maxsize=64)
def _masks(n: int) -> tuple[tuple[tuple[int, int, int], ...], int]:
    """Those of n lanes, and their lowest bits, which are the signs."""

    def repeated(mask: int) -> int:
        return int.from_bytes(mask.to_bytes(_LANE_BYTES, "little") * n, "little")

    return tuple((repeated(stay), repeated(move), by) for stay, move, by in _GATHER), repeated(1)


def joined(values: Iterable[int]) -> bytes:
    """Numbers, one behind the other."""
    return b"".join(map(number, values))
