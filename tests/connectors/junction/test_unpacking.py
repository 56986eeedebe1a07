"""Packed answers: what was asked for is unpacked, within the bound; all else is refused unread."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.junction import FailureReason, Refused, TryLater, open_client
from streams.ops.errors import Unavailable
from streams.status import client as status
from tests.connectors.junction.scripted import http, scripted, settings_for

MIB = 1024 * 1024


@cache
def bomb() -> bytes:
    """Made when it is needed: it takes a second and 400 MiB, and each process imports all tests."""
    return gzip.compress(b"[" + b" " * (400 * MIB) + b"]", 9)


@cache
def twice() -> bytes:
    return gzip.compress(bomb(), 9)


async def peak_of(*answers: bytes) -> tuple[int, FailureReason]:
    """The most memory that Python held more while an answer was read, and what became of it."""
    few: dict[str, Any] = {"junction_answer_bytes_max": MIB, "junction_tries": 1}
    async with scripted(*answers) as server, open_client(settings_for(server.url, **few)) as client:
        tracemalloc.start()
        try:
            await client.get("/v2/anything")
        except (Refused, TryLater) as refusal:
            return tracemalloc.get_traced_memory()[1], refusal.reason
        finally:
            tracemalloc.stop()
    raise AssertionError("taken")


@pytest.mark.parametrize(
    ("body", "coding", "why"),
    [
        (twice, "gzip, gzip", FailureReason.NOT_JSON),
        (twice, "gzip,gzip", FailureReason.NOT_JSON),
        (bomb, "gzip", FailureReason.TOO_LARGE),
        (zlib.compress(b"1" * MIB), "deflate", FailureReason.NOT_JSON),
        (b"{}", "br", FailureReason.NOT_JSON),
        (b"{}", "x" * 4_000, FailureReason.NOT_JSON),
        (b"no gzip", "gzip", FailureReason.NOT_JSON),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", FailureReason.NOT_JSON),
        (gzip.compress(b"{}", mtime=0) * 2, "gzip", FailureReason.NOT_JSON),
    ],
)
async def test_what_unpacks_to_more_is_refused_as_it_comes(
    body: bytes | Callable[[], bytes], coding: str, why: FailureReason
) -> None:
    """The memory that it takes is bounded by the bound, not by what somebody has packed."""
    packed = body if isinstance(body, bytes) else body()
    peak, reason = await peak_of(http(200, packed, f"content-encoding: {coding}"))
    assert reason is why
    assert peak < 4 * MIB


async def test_two_lines_that_name_a_coding_are_two_codings() -> None:
    """As one line with a comma would be."""
    peak, reason = await peak_of(http(200, twice(), "content-encoding: gzip", "content-encoding: gzip"))
    assert (reason, peak < 4 * MIB) == (FailureReason.NOT_JSON, True)


@given(st.binary(max_size=200).map(bytes.hex), st.sampled_from(["gzip", "GZIP", "identity", ""]))
async def test_one_packing_reads_as_none(text: str, coding: str) -> None:
    """What was asked for is unpacked, and only that is asked for."""
    body = f'{{"a":"{text}"}}'.encode()
    packed = gzip.compress(body) if coding.lower() == "gzip" else body
    answer = http(200, packed, *([f"content-encoding: {coding}"] if coding else []))
    async with scripted(answer) as server, open_client(settings_for(server.url)) as client:
        assert await client.get("/v2/anything") == {"a": text}
    assert server.requests[0].headers["accept-encoding"] == "gzip"


async def test_a_worker_that_is_none_does_not_fill_the_memory() -> None:
    """`status` reads an answer with the same care."""
    async with scripted(http(200, bomb(), "content-encoding: gzip")) as server:
        views = status.Views(settings_for("", query_url=server.url))
        tracemalloc.start()
        try:
            with pytest.raises(Unavailable):
                await views.of("u1")
            assert tracemalloc.get_traced_memory()[1] < 3 * status.VIEW_BYTES_MAX
        finally:
            tracemalloc.stop()
            await views.close()
