"""How often something drifts, counted in steps, so that a drift in every event writes little.

Up to EXACT a row counts each event; beyond, it takes 1 of 2, of 4, of 8 records and counts it as so many. Which ones is
decided by the record's offset, so that a replay counts the same; the estimate is good to about a tenth. A row is also
written when a new period begins, so that `last seen` stays true.

A row remembers its first few users, as hashes of four bytes: what several people have reveals nothing of one. Two users
with one hash count once, which shows a word later, never sooner.
"""

from typing import NamedTuple
from zlib import crc32

import msgspec

from streams.tables import rows


class DriftCount(NamedTuple):
    """What is known of an item in one partition. Times: delivery times, Unix milliseconds. `users`: the first ones."""

    first_ms: int
    last_ms: int
    events: int
    users: tuple[int, ...] = ()

    @property
    def is_common(self) -> bool:
        """Whether so many users have it that the word itself may be shown."""
        return len(self.users) >= COMMON_USERS


EXACT = 64
PERIOD_MS = 600_000
# Tables about people hide what fewer than five have: a usual bound of statistics offices. Counted in each partition by
# itself, which only makes it stricter: nothing has to be joined, and a replay counts the same.
COMMON_USERS = 5


def seen(row: DriftCount | None, at_ms: int, offset: int, user_id: str = "") -> DriftCount | None:
    """The row after one more event of `user_id` with its finding; None where it stays as it is."""
    if row is None:
        return DriftCount(at_ms, at_ms, 1, (crc32(user_id.encode()),))
    step = step_of(row.events)
    counted = step if crc32(offset.to_bytes(8, "big")) % step == 0 else 0
    users = _with(row.users, crc32(user_id.encode()))
    if not counted and users == row.users and at_ms // PERIOD_MS <= row.last_ms // PERIOD_MS:
        return None
    return DriftCount(min(row.first_ms, at_ms), max(row.last_ms, at_ms), row.events + counted, users)


def _with(users: tuple[int, ...], user: int) -> tuple[int, ...]:
    return users if user in users or len(users) >= COMMON_USERS else (*users, user)


def step_of(events: int) -> int:
    """How many events one record counts for: 1 up to EXACT, then doubling with the count."""
    return max(1, 1 << events.bit_length() >> EXACT.bit_length() - 1)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(DriftCount).decode


def encode(row: DriftCount) -> bytes:
    return rows.pack(rows.DRIFT, _encode(row))


def decode(stored: bytes | None) -> DriftCount | None:
    if stored is None:
        return None
    is_of_before = rows.check(rows.DRIFT, stored) == 1
    payload = rows.unpack(rows.DRIFT, stored)
    return DriftCount(*_decode_1(payload)) if is_of_before else _decode(payload)


class _DriftCount1(NamedTuple):
    """As it was before: without users."""

    first_ms: int
    last_ms: int
    events: int


_decode_1 = msgspec.msgpack.Decoder(_DriftCount1).decode
