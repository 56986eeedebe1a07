"""Ids in few bytes, exactly: what comes back is what went in. Pure.

An id is written as Avro writes a text, its length (doubled) and its bytes. Those that have a shorter form begin with an
odd byte instead.
"""

from binascii import a2b_base64, b2a_base64
from hashlib import blake2b

from streams.lineage.index.rows.varints import number, number_at

DIGEST_BYTES = 16
SVIX, UUID = b"\x01", b"\x03"  # what the short forms begin with
_SVIX = b"msg_"  # and 27 characters of base62, a KSUID (https://github.com/segmentio/ksuid)
_SVIX_CHARS, _SVIX_BYTES = 31, 21
_FILL = b"A"  # base64 is read in fours; of 28 characters nothing is lost
_UUID_CHARS, _UUID_BYTES = 36, 16
_DIGITS, _DASHES, _PLACES = b"0123456789abcdef", b"----", (8, 13, 18, 23)
PREFIX_BYTES = 6


def digest(id: str) -> bytes:
    """16 bytes that stand for an id in keys."""
    return digest_of(id.encode("utf-8", "surrogatepass"))


def digest_of(id: bytes) -> bytes:
    """The same of an id in UTF-8."""
    return blake2b(id, digest_size=DIGEST_BYTES).digest()


def text(id: bytes) -> bytes:
    """As it is."""
    return number(len(id)) + id


def delivery(id: bytes) -> bytes:
    """A delivery id. Those of Svix, `msg_` and a KSUID, are 22 bytes instead of 32."""
    if len(id) == _SVIX_CHARS and id.startswith(_SVIX) and (word := id[len(_SVIX) :]).isalnum():
        return SVIX + a2b_base64(word + _FILL)  # characters of base62 are characters of base64, which C reads
    return text(id)


def delivery_prefix(packed: bytes) -> bytes:
    """What stands for a delivery id in keys: the last characters of a KSUID, which are random; else of its digest."""
    if packed.startswith(SVIX):
        return packed[-PREFIX_BYTES - 1 : -1]
    return digest_of(packed)[:PREFIX_BYTES]


def uuid(id: bytes) -> bytes:
    """An id that may be a UUID in lower case: 17 bytes instead of 37."""
    if len(id) == _UUID_CHARS and id[8:24:5] == _DASHES == id.translate(None, _DIGITS):
        return UUID + bytes.fromhex(id.replace(b"-", b"").decode())
    return text(id)


def id_at(data: bytes, at: int) -> tuple[str, int]:
    """An id and where it ends. Raises IndexError or ValueError where there is none."""
    form = data[at : at + 1]
    if form == SVIX:
        end = at + 1 + _SVIX_BYTES
        return (_SVIX + b2a_base64(data[at + 1 : end], newline=False)[:-1]).decode(), end
    if form == UUID:
        end = at + 1 + _UUID_BYTES
        digits = data[at + 1 : end].hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}", end
    size, at = number_at(data, at)
    return data[at : at + size].decode("utf-8", "surrogatepass"), at + size


def all_svix(region: bytes, n: int) -> list[bytes] | None:
    """`delivery` of n ids of 31 bytes, each behind its length; None where one of them has no short form."""
    # All of them are read as one text of base64, which takes a tenth of the time.
    head = number(_SVIX_CHARS) + _SVIX
    if region.translate(None, _ALNUM) != b">_" * n or region[:: _SVIX_CHARS + 1] != b">" * n:
        return None
    words = region.replace(head, _FILL)[1:] + _FILL
    if len(words) != n * 28:
        return None
    found = a2b_base64(words)
    return [SVIX + found[at : at + _SVIX_BYTES] for at in range(0, n * _SVIX_BYTES, _SVIX_BYTES)]


def all_uuids(region: bytes, n: int) -> list[bytes] | None:
    """`uuid` of n ids of 36 bytes, each behind its length; None where one of them has no short form."""
    stride = _UUID_CHARS + 1
    if region.translate(None, _DIGITS) != b"H----" * n or region[::stride] != b"H" * n:
        return None
    if any(region[at + 1 :: stride] != b"-" * n for at in _PLACES):
        return None
    found = bytes.fromhex(region.translate(None, b"H-").decode())
    return [UUID + found[at : at + _UUID_BYTES] for at in range(0, n * _UUID_BYTES, _UUID_BYTES)]


_ALNUM = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
