"""Timers as rows of the table. Keys sort by due time, so a scan reads only what is due.

A row is deleted when it fires, in the same transaction; a timer that is armed anew is another row.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from streams.tables import Draft, rows, state_key

TABLE = "alerts"
# A connector holds a record for as long as Kafka is slow, up to `publish_timeout_s` (below 15): what it had received by
# a time is in Kafka so much later at the latest. A silence that is judged earlier may be of a user whose data are here.
GRACE_MS = 15_000
_PREFIX = b"t|"
_END = b"t}"


class Timer(NamedTuple):
    due_ms: int
    user_id: str
    rule: str


def key(timer: Timer) -> bytes:
    return _PREFIX + timer.due_ms.to_bytes(8, "big") + b"|" + state_key(timer.user_id, timer.rule)


def is_timer(at: bytes) -> bool:
    """Whether a key of the table is a timer's."""
    return at.startswith(_PREFIX)


def due_ms(at: bytes) -> int:
    """When the timer with this key is due."""
    return int.from_bytes(at[len(_PREFIX) : len(_PREFIX) + 8], "big")


def arm(draft: Draft, timer: Timer) -> None:
    draft.put(TABLE, key(timer), rows.pack(rows.TIMER, _encode((timer.user_id, timer.rule))))


def disarm(draft: Draft, timer: Timer) -> None:
    draft.put(TABLE, key(timer), None)


def due(draft: Draft, until_ms: int) -> Iterator[Timer]:
    """All that are due before a time, the earliest first."""
    return _read(draft, _PREFIX + max(0, until_ms).to_bytes(8, "big"))


def every(draft: Draft) -> Iterator[Timer]:
    """All that are armed."""
    return _read(draft, _END)


def _read(draft: Draft, stop: bytes) -> Iterator[Timer]:
    for at, value in draft.scan(TABLE, _PREFIX, stop):
        yield Timer(due_ms(at), *_decode(rows.unpack(rows.TIMER, value)))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, str]).decode
