"""Unpacking with bounds."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.doors.gunzip import RATIO_MAX, gunzip
from streams.ops.errors import Reason, Rejected

MIB = 1024 * 1024


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


def test_a_small_bomb_is_refused_by_its_ratio() -> None:
    """A thousandth is nothing that JSON becomes, however much a body may have."""
    packed = gzip.compress(bytes(MIB * 4))
    assert RATIO_MAX * len(packed) < 4 * MIB
    with pytest.raises(Rejected, match=f"{RATIO_MAX} times"):
        gunzip(packed, 16 * MIB)


@settings(max_examples=30)
@given(body=st.binary(max_size=3000), bytes_max=st.integers(0, 3000))
def test_the_body_or_a_reason(body: bytes, bytes_max: int) -> None:
    """What was packed comes back whole if it is within the bound, else it is too large."""
    packed = gzip.compress(body)
    if len(body) <= bytes_max:
        assert gunzip(packed, bytes_max) == body
        return
    with pytest.raises(Rejected) as refused:
        gunzip(packed, bytes_max)
    assert refused.value.reason is Reason.TOO_LARGE


@settings(max_examples=30)
@given(body=st.binary(min_size=1, max_size=300), cut=st.integers(1, 30), behind=st.binary(min_size=1, max_size=5))
def test_what_is_cut_or_has_more_behind_it(body: bytes, cut: int, behind: bytes) -> None:
    """Half an event is none, and nobody knows whose the rest is."""
    packed = gzip.compress(body)
    for broken in (packed[:-cut], packed + behind, packed + gzip.compress(body)):
        with pytest.raises(Rejected) as refused:
            gunzip(broken, 3000)
        assert refused.value.reason is Reason.NOT_UNPACKED
