"""Ids and times in few bytes, exactly: what comes back is what went in. Pure."""

from binascii import a2b_base64, b2a_base64
from hashlib import blake2b

from streams.events.times import SECOND_US

Compact = str | bytes  # as MessagePack has them: what has no short form stays text

DIGEST_BYTES = 16
_SVIX = "msg_"  # and 27 characters of base62, a KSUID (https://github.com/segmentio/ksuid)
_SVIX_CHARS = 31
_FILL = "A"  # base64 is read in fours; of 28 characters nothing is lost
_UUID_CHARS, _UUID_DIGITS = 36, 32


def digest(id: str) -> bytes:
    """16 bytes that stand for an id in keys."""
    return blake2b(id.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def delivery(id: str) -> Compact:
    """A delivery id. Those of Svix, `msg_` and a KSUID, are 21 bytes instead of 31."""
    if len(id) == _SVIX_CHARS and id.startswith(_SVIX) and (word := id[len(_SVIX) :]).isalnum():
        try:
            return a2b_base64(word + _FILL)  # characters of base62 are characters of base64, which C reads
        except ValueError:  # letters beyond ASCII
            return id
    return id


def delivery_text(packed: Compact) -> str:
    """The id that `delivery` was given."""
    if isinstance(packed, str):
        return packed
    return _SVIX + b2a_base64(packed, newline=False)[:-1].decode()


def uuid(id: str) -> Compact:
    """An id that may be a UUID in lower case: 16 bytes instead of 36."""
    if len(id) == _UUID_CHARS and id[8] == id[13] == id[18] == id[23] == "-" and id == id.lower():
        digits = id.replace("-", "")
        if len(digits) == _UUID_DIGITS and digits.isalnum():  # `fromhex` passes over spaces
            try:
                return bytes.fromhex(digits)
            except ValueError:
                return id
    return id


def uuid_text(packed: Compact) -> str:
    """The id that `uuid` was given."""
    if isinstance(packed, str):
        return packed
    text = packed.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def before(ms: int, moment_ms: int) -> int | None:
    """How long a moment (Unix ms) lies before `ms`; None for 0, which is unknown."""
    return ms - moment_ms if moment_ms else None


def after(ms: int, delta: int | None) -> int:
    """The moment that `before` was given."""
    return 0 if delta is None else ms - delta


def seconds_before(second: int, moment_us: int) -> int | list[int] | None:
    """How many seconds a moment (Unix µs) lies before; in a list where it is no whole second: µs since 1970."""
    if not moment_us:
        return None
    whole, rest = divmod(moment_us, SECOND_US)
    return [moment_us] if rest else second - whole


def moment(second: int, packed: int | list[int] | None) -> int:
    """The moment (Unix µs) that `seconds_before` was given."""
    if packed is None:
        return 0
    return packed[0] if isinstance(packed, list) else (second - packed) * SECOND_US
