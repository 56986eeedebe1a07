"""How large a record and a row may be, so that every stored record can be processed or become a dead letter. Pure.

Bytes before compression. The limit is one setting, STREAMS_RECORD_BYTES_MAX: topics and producers refuse what is above
it. Sources and folds leave ROOM_BYTES of it free. A dead letter may use them: it is the original record, with the
reasons in its headers. A record that is emitted again may use AGAIN_BYTES of them, for what is joined to it.
"""

from collections.abc import Sequence
from typing import NamedTuple

RECORD_BYTES_MAX = 20 * 1024 * 1024  # unless a setting says otherwise
ROOM_BYTES = 64 * 1024  # ids, names and signatures in keys and headers are bounded: together under 24 KiB
AGAIN_BYTES = 32 * 1024
_AROUND = 128  # a batch of one record: 61 bytes, its lengths and times as varints 45 at most
_AROUND_HEADER = 10  # two lengths

Headers = Sequence[tuple[str, bytes]]


class Bounds(NamedTuple):
    """Bytes at most. `record`: with all that Kafka writes around it. `emit`: key, value and headers of what a fold
    emits. `row`: key and value of a table's row."""

    record: int
    emit: int
    row: int

    @classmethod
    def of(cls, record_bytes_max: int) -> "Bounds":
        return cls(record_bytes_max, record_bytes_max - ROOM_BYTES, record_bytes_max - ROOM_BYTES)


def weight(key: bytes | None, value: bytes | None, headers: Headers | None) -> int:
    """Bytes of key, value and headers together."""
    return len(key or b"") + len(value or b"") + sum(len(n.encode()) + len(v or b"") for n, v in headers or ())


def around(headers: Headers | None) -> int:
    """The most bytes that Kafka writes around one record."""
    return _AROUND + _AROUND_HEADER * len(headers or ())
