"""How many different users there were: HyperLogLog of 2,048 registers, within 2.3 % (exact for a few). Pure.

It depends on the set of users alone, neither on their order nor on how often each came. It names nobody: a register
says that there was one of millions.
"""

import math
import struct
from collections.abc import Iterable

_INDEX_BITS = 11
REGISTERS = 1 << _INDEX_BITS
_RANK_MAX = 31  # so that index and rank are 16 bits
_RANK_BITS = 5
_SPARSE_MAX = 512  # registers that are set; from here on all of them take less room
_HASH = struct.Struct(">Q")
_REST_BITS = 64 - _INDEX_BITS
_ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)


def register(digest: bytes) -> int:
    """What a user, by 16 bytes of digest, says to the sketch: register and rank in one number."""
    number = int(_HASH.unpack_from(digest, 8)[0])  # the first bytes stand in keys
    rest = number & (1 << _REST_BITS) - 1
    return number >> _REST_BITS << _RANK_BITS | min(_REST_BITS - rest.bit_length() + 1, _RANK_MAX)


class Sketch:
    """Registers and the greatest rank that each has seen."""

    __slots__ = ("_ranks",)

    def __init__(self, data: bytes = b"") -> None:
        """Of what `data` gave."""
        if len(data) == REGISTERS:
            self._ranks = {index: rank for index, rank in enumerate(data) if rank}
        else:
            numbers = struct.unpack(f">{len(data) // 2}H", data)
            self._ranks = {number >> _RANK_BITS: number & _RANK_MAX for number in numbers}

    def add(self, registers: Iterable[int]) -> None:
        """Users, as `register` tells them."""
        ranks = self._ranks
        for one in registers:
            index, rank = one >> _RANK_BITS, one & _RANK_MAX
            if ranks.get(index, 0) < rank:
                ranks[index] = rank

    def data(self) -> bytes:
        """The same for the same users."""
        ranks = self._ranks
        if len(ranks) < _SPARSE_MAX:
            numbers = sorted([index << _RANK_BITS | rank for index, rank in ranks.items()])
            return struct.pack(f">{len(numbers)}H", *numbers)
        return bytes([ranks.get(index, 0) for index in range(REGISTERS)])

    def users(self) -> int:
        """About how many."""
        empty = REGISTERS - len(self._ranks)
        raw = _ALPHA * REGISTERS**2 / (empty + sum(2.0**-rank for rank in self._ranks.values()))
        if raw <= 2.5 * REGISTERS and empty:
            return round(REGISTERS * math.log(REGISTERS / empty))
        return round(raw)
