"""Following cursors, with a bound, whatever the other side answers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import blake2b
from typing import NamedTuple, Protocol, TypeVar

from connectors.junction.failures import FailureReason, Refused

PAGES_MAX = 1000


class HasCursor(Protocol):
    @property
    def next_cursor(self) -> str | None: ...


P = TypeVar("P", bound=HasCursor)


class PageTrail(NamedTuple):
    """How far paging has got, small enough for a record. `mark`: hash of one earlier cursor."""

    pages: int = 0
    mark: int = 0


def advance(trail: PageTrail, cursor: str, pages_max: int = PAGES_MAX) -> PageTrail:
    """The trail after one more page; `cursor`: its next one. Raises Refused(ENDLESS).

    The mark moves at every power of two (Brent 1980): a loop is found after at most three times the pages that lead
    into it and once around, in constant space.
    """
    pages, seen = trail.pages + 1, _hash(cursor)
    if trail.pages and seen == trail.mark:
        raise Refused(FailureReason.ENDLESS, f"a cursor came again within {pages} pages")
    if pages >= pages_max:
        raise Refused(FailureReason.ENDLESS, f"more than {pages_max} pages")
    return PageTrail(pages, seen if pages & (pages - 1) == 0 else trail.mark)


def _hash(cursor: str) -> int:
    """64 bits, signed, as Avro's long."""
    return int.from_bytes(blake2b(cursor.encode(), digest_size=8).digest(), "big", signed=True)


async def iterate_pages(fetch: Callable[[str], Awaitable[P]], pages_max: int = PAGES_MAX) -> AsyncIterator[P]:
    """Every page; `fetch` gets the cursor, "" for the first. Raises Refused(ENDLESS)."""
    cursor, trail = "", PageTrail()
    while True:
        page = await fetch(cursor)
        yield page
        if page.next_cursor is None:
            return
        if page.next_cursor == cursor:
            raise Refused(FailureReason.ENDLESS, "the next page is the same page")
        cursor = page.next_cursor
        trail = advance(trail, cursor, pages_max)
