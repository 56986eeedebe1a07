"""Numbers as bytes: their JSON text, two characters a byte.

227.1 takes 3 bytes here, 6 as text with its comma, 9 as a double of msgpack; it comes back as it was, a float as a
float. All steps are calls into C.
"""

from binascii import hexlify, unhexlify
from collections.abc import Sequence
from typing import Any

import msgspec

# JSON writes numbers with these and digits. `n`: a null in a list. `f` fills the last byte.
_AS_HEX = bytes.maketrans(b",.-en", b"abcde")
_AS_TEXT = bytes.maketrans(b"abcde", b",.-en")
_OVER = b"f"

_encode = msgspec.json.Encoder().encode
_list = msgspec.json.Decoder(list[int | float | None]).decode
_one = msgspec.json.Decoder(int | float).decode


def text_of(values: Sequence[Any]) -> bytes:
    """Numbers or None, separated by commas: nothing stands for None, and there are no commas at the end."""
    return _encode(values)[1:-1].replace(b"null", b"").rstrip(b",")


def values_of(text: bytes) -> list[int | float | None]:
    """What `text_of` was made from, without any None at the end."""
    return [_one(part) if part else None for part in text.split(b",")] if text else []


def pack(text: bytes) -> bytes:
    digits = text.translate(_AS_HEX)
    return unhexlify(digits + _OVER if len(digits) & 1 else digits)


def unpack(packed: bytes) -> bytes:
    """The text that was packed."""
    return hexlify(packed).translate(_AS_TEXT).rstrip(_OVER)


def pack_list(values: Sequence[Any]) -> bytes:
    """A list of numbers, some of which may be None."""
    return pack(_encode(values)[1:-1].replace(b"null", b"n"))


def unpack_list(packed: bytes) -> list[int | float | None]:
    return _list(b"[%b]" % unpack(packed).replace(b"n", b"null"))
