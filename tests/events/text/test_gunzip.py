"""gzip is unpacked whole and within its bounds, or it is refused with its reason."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.text.gunzip import RATIO_MAX, gunzip, is_packed
from streams.ops.errors import Reason, Rejected

MIB = 1024 * 1024
BODY = b'{"a": 1}' * 50
PACKED = gzip.compress(BODY)


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_what_was_packed_comes_back(body: bytes) -> None:
    """Of any bytes, and what is packed can be seen."""
    packed = gzip.compress(body)
    assert is_packed(packed)
    assert gunzip(packed, max(1, len(body))) == body


@settings(max_examples=60)
@given(st.binary(max_size=100) | st.integers(0, len(PACKED) - 1).map(lambda n: PACKED[:n]) | st.just(PACKED + b"x"))
def test_all_else_is_refused(packed: bytes) -> None:
    """Never another exception: no gzip, cut, or something behind it."""
    with pytest.raises(Rejected) as refused:
        gunzip(packed, MIB)
    assert refused.value.reason is Reason.NOT_UNPACKED


def test_a_bomb_is_refused() -> None:
    """Beyond the bytes, or beyond the ratio, whatever it would become; up to them it is taken."""
    assert gunzip(PACKED, len(BODY)) == BODY
    for packed, bytes_max in ((PACKED, len(BODY) - 1), (gzip.compress(bytes(16 * MIB)), 8 * MIB)):
        with pytest.raises(Rejected) as refused:
            gunzip(packed, bytes_max)
        assert refused.value.reason is Reason.TOO_LARGE
    some = gzip.compress(bytes(MIB // 8))
    assert RATIO_MAX * len(some) < MIB // 8
    with pytest.raises(Rejected, match=f"above {RATIO_MAX} times"):
        gunzip(some, MIB)


def test_only_gzip_is_taken() -> None:
    """zlib's own form is another codec."""
    assert not is_packed(zlib.compress(BODY))
    with pytest.raises(Rejected):
        gunzip(zlib.compress(BODY), MIB)


def bomb(gib: int) -> bytes:
    """A gzip stream of so many GiB of zeros, made without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    head = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + part * (gib * 1024 - 1)


@pytest.mark.parametrize("bytes_max", [MIB, 16 * MIB])
def test_a_bomb_is_never_unpacked(bytes_max: int) -> None:
    """10 GiB in 10 MiB: refused, and what is held meanwhile is the bound and the bytes as they came."""
    packed = bomb(10)
    tracemalloc.start()
    try:
        with pytest.raises(Rejected) as refused:
            gunzip(packed, bytes_max)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused.value.reason is Reason.TOO_LARGE
    assert most < 2 * bytes_max + len(packed) + MIB
