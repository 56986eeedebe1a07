"""Walks end: at their end, at a loop, or at the bound."""

from functools import partial, reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.junction import FailureReason, Page, PageTrail, Refused, advance, iterate_pages


@given(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=200))
def test_a_walk_without_a_loop_reaches_its_end(cursors: list[str]) -> None:
    """As long as no cursor comes again, nothing is raised."""
    trail = PageTrail()
    for cursor in cursors:
        trail = advance(trail, cursor)
    assert trail.pages == len(cursors)


@given(st.integers(0, 60), st.integers(1, 60))
def test_every_loop_is_found(before: int, length: int) -> None:
    """However late it begins and however long it is: after at most three times the way into it and once around."""
    places = [page if page < before else before + (page - before) % length for page in range(3 * (before + length) + 2)]
    with pytest.raises(Refused) as caught:
        reduce(advance, [f"c{place}" for place in places], PageTrail())
    assert caught.value.reason is FailureReason.ENDLESS


def test_there_is_a_bound() -> None:
    """A server that makes up a new cursor for every page is left."""
    with pytest.raises(Refused, match="more than 10 pages"):
        reduce(partial(advance, pages_max=10), map(str, range(20)), PageTrail())


def test_a_trail_fits_into_a_record() -> None:
    """Two whole numbers of 64 bits."""
    trail = advance(PageTrail(), "a cursor")
    assert trail.pages == 1
    assert -(2**63) <= trail.mark < 2**63


async def test_walk_follows_the_cursors() -> None:
    """Each page is asked for with the cursor of the one before; a loop ends with the error, after its pages."""
    ends = {"": "a", "a": "b", "b": None}
    asked: list[str] = []

    async def fetch(cursor: str) -> Page:
        asked.append(cursor)
        return Page("steps", next_cursor=ends[cursor])

    assert [page.next_cursor async for page in iterate_pages(fetch)] == ["a", "b", None]
    ends["b"] = "a"
    with pytest.raises(Refused):
        [page async for page in iterate_pages(fetch)]
    assert asked[:3] == ["", "a", "b"]
