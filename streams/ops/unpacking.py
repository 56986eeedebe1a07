"""The body of an answer, bounded while it is decompressed: a few hundred bytes may become gigabytes."""

import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

ACCEPT = "gzip"  # and applied once: each further coding multiplies what a byte can become


class Answer(Protocol):
    """The part of an httpx.Response that `read` needs."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    def aiter_raw(self) -> AsyncIterator[bytes]: ...


class TooLarge(Exception):
    """The body has more bytes than allowed."""


class NotWhole(Exception):
    """The body is cut off, or has a coding that was not asked for."""


async def read(response: Answer, bytes_max: int) -> bytes:
    """The decompressed body; at most `bytes_max` of it are ever held.

    Raises TooLarge, NotWhole, and what the client raises.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip"):
        raise NotWhole(f"a coding that was not asked for ({len(coding)} characters)")
    gunzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if coding == "gzip" else None
    body, has_bytes = bytearray(), False
    async for piece in response.aiter_raw():
        has_bytes = has_bytes or bool(piece)
        body += piece if gunzip is None else _unpacked(gunzip, piece, bytes_max + 1 - len(body))
        if len(body) > bytes_max:
            raise TooLarge(f"answer above {bytes_max} bytes")
    if gunzip is not None and has_bytes and not gunzip.eof:
        raise NotWhole("cut off")
    return bytes(body)


def _unpacked(gunzip: Any, piece: bytes, bytes_max: int) -> bytes:
    try:
        found: bytes = gunzip.decompress(piece, bytes_max)
    except zlib.error:
        raise NotWhole("not gzip") from None
    if gunzip.unused_data:
        raise NotWhole("more than one packed part")
    return found
