"""What a publisher may write around a message, and the client's library cannot read: read all the same.

Of AMQP a name is bytes, a time any 64 bits, and a table may hold tables. The library raises for a name that is no
UTF-8, a time behind the year 9999 (microseconds where seconds belong) and a table of many tables; then the connection
ends, and the queue hands out the same message for ever, and nothing behind it. So its decoders are replaced, for the
process: here alone it speaks AMQP.
"""

import struct
from datetime import datetime
from typing import Any

from pamqp import commands, decode

_CLOSE = commands.Connection.Close.name
_TIME_BYTES = 8
_LENGTH = struct.Struct(">I")


def text(value: bytes) -> tuple[int, str]:
    """A short string: its bytes that are no UTF-8 as half characters, by which an envelope knows it."""
    end = 1 + value[0]
    return end, value[1:end].decode(errors="surrogateescape")


def time(value: bytes) -> tuple[int, datetime | None]:
    """A time, None for one that no calendar has."""
    try:
        return decode.timestamp(value)
    except (ValueError, OverflowError, OSError):
        return _TIME_BYTES, None


def table(value: bytes) -> tuple[int, dict[str, Any]]:
    """A table, {} for one that cannot be read; where it ends stands in front of it."""
    try:
        return decode.field_table(value)
    except (ValueError, OverflowError, OSError, ArithmeticError, RecursionError):
        return _LENGTH.size + _LENGTH.unpack_from(value)[0], {}


def install() -> None:
    """Have the library read so. May be called twice."""
    decode.METHODS.update(shortstr=text, timestamp=time, table=table)
    decode.TABLE_MAPPING[b"T"] = time
    # It takes the refusal of a virtual host for a broken frame, and drops what the broker says.
    if _CLOSE not in commands.Connection.Open.valid_responses:
        commands.Connection.Open.valid_responses.append(_CLOSE)
