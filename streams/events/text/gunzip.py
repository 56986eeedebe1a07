"""gzip, unpacked with bounds: a few hundred bytes may become gigabytes. Pure."""

import zlib

from streams.ops.errors import Reason, Rejected

RATIO_MAX = 200  # of JSON, gzip makes a tenth; a thousandth is what repeats itself to do harm
_FREE_BYTES = 64 * 1024  # below that a high ratio does no harm: a short body of one repeated sample


def gunzip(packed: bytes, bytes_max: int) -> bytes:
    """The unpacked bytes; never more than `bytes_max` and one byte are held.

    Raises Rejected: NOT_UNPACKED for what is no gzip, is cut or has something behind it; TOO_LARGE beyond the bounds.
    """
    allowed = min(bytes_max, max(RATIO_MAX * len(packed), _FREE_BYTES))
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        body = unpacker.decompress(packed, allowed + 1)
    except zlib.error:
        raise Rejected(Reason.NOT_UNPACKED, "not gzip, or broken") from None
    if len(body) > allowed:
        over = f"{bytes_max} bytes" if allowed == bytes_max else f"{RATIO_MAX} times its packed bytes"
        raise Rejected(Reason.TOO_LARGE, f"unpacked above {over}")
    if not unpacker.eof:
        raise Rejected(Reason.NOT_UNPACKED, "cut off")
    if unpacker.unused_data:
        raise Rejected(Reason.NOT_UNPACKED, "something behind the packed part")
    return body


def is_packed(body: bytes) -> bool:
    """Whether bytes begin as gzip does (RFC 1952, section 2.3.1). No JSON does."""
    return body.startswith(b"\x1f\x8b")
