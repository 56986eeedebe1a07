"""The value of a Kafka header of Event Hubs → a text. Pure.

Junction sends by AMQP 1.0. Event Hubs hands what AMQP calls application properties to a Kafka consumer in AMQP's own
encoding (OASIS AMQP 1.0, part 1, section 1.6), and since 2022 what AMQP calls properties, `user-id` and
`content-encoding` among them, as plain text. Nothing tells which is which but the bytes:

* Texts, symbols and bytes of AMQP begin with 0xa0 to 0xb3, a UUID with 0x98. In UTF-8 these bytes never begin a
  character (RFC 3629, section 3), so no plain text begins so, and none of these values is plain text.
* Small numbers and truth values begin with what may be a letter: 0x54 0x05 is the number 5, or "T" and a control
  character. With a control character it is refused. Without one (0x54 0x41 is 65, or "TA") it counts as text, which is
  harmless: as a type, user or codec it is none, and as an id two numbers are two texts.
"""

import uuid

from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Reason, Rejected

NULL = b"\x40"
_WIDTHS = {0xA0: 1, 0xA1: 1, 0xA3: 1, 0xB0: 4, 0xB1: 4, 0xB3: 4}  # of the length: binary, text, symbol
_SYMBOLS = frozenset((0xA3, 0xB3))  # ASCII alone
_UUID = 0x98  # what Python's client makes of a `uuid.UUID`


def text_of(value: bytes | None, name: str) -> str:
    """The text of a header's value; "" for none. `name`: of the header, for the error.

    Raises Rejected(UNKNOWN_CODEC) for another type, what is cut or goes on, is not UTF-8, not printable or too long.
    """
    if not value or value == NULL:
        return ""
    try:
        text = _unwrapped(value).decode("ascii" if value[0] in _SYMBOLS else "utf-8")
    except ValueError:
        raise Rejected(Reason.UNKNOWN_CODEC, name) from None
    if len(text) > ID_CHARS_MAX or not text.isprintable():
        raise Rejected(Reason.UNKNOWN_CODEC, name)
    return text


def _unwrapped(value: bytes) -> bytes:
    """The bytes of the text. Raises ValueError where the length is not the one that is said."""
    if value[0] == _UUID:
        return str(uuid.UUID(bytes=value[1:])).encode()
    width = _WIDTHS.get(value[0], 0)
    if not width:
        return value
    inner = value[1 + width :]
    if len(value) <= width or len(inner) != int.from_bytes(value[1 : 1 + width], "big"):
        raise ValueError("cut off, or longer than it says")
    return inner
