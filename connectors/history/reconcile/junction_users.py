"""Users and their resources, as Junction's introspection lists them (domain file, 5.4)."""

from collections.abc import AsyncIterator
from typing import Any

from connectors.junction import Client, FailureReason, Refused, iterate_pages
from streams.events import ids

USERS_MAX = 50  # of one page of introspection (domain file, 5.4)
RESTARTS_MAX = 20  # of paging through all users, in one run


async def users_with_pulls(client: Client, user_id: str) -> AsyncIterator[tuple[str, list[Any]]]:
    """(user, its historical pulls), in the order of Junction's list; one user where `user_id` is given."""
    # A run is long, and a cursor may expire before its end: then paging restarts, and skips users that were yielded.
    yielded: set[str] = set()
    for left in range(RESTARTS_MAX, 0, -1):
        before = frozenset(yielded)
        try:
            async for page in iterate_pages(
                lambda cursor: client.historical_pulls(user_id, cursor=cursor, users_max=USERS_MAX)
            ):
                pulls = _by_user(page.data, user_id)
                for user in dict.fromkeys((user_id, *pulls)):
                    if user and user not in before:
                        yielded.add(user)
                        yield user, pulls.get(user, [])
            return
        except Refused as refused:
            if refused.reason is not FailureReason.CURSOR or left == 1:
                raise


async def resources_of(client: Client, user_id: str) -> list[Any]:
    pages = iterate_pages(lambda cursor: client.resources(user_id, cursor=cursor))
    return [row async for page in pages for row in page.data]


def _by_user(data: list[Any], user_id: str) -> dict[str, list[Any]]:
    """Entries by user. An answer about one user may leave out its id."""
    users: dict[str, list[Any]] = {}
    for row in data:
        named = row.get("user_id") if type(row) is dict else None
        users.setdefault(ids.canonical(named) if type(named) is str and named else user_id, []).append(row)
    return users
