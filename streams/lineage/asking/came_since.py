"""Whether deliveries that gateways refused have come since: as rows of the index, or as raw records that wait."""

from collections.abc import Callable
from typing import NamedTuple

from streams.lineage.delivery.story_of_delivery import BEHIND_S
from streams.lineage.known import Index
from streams.lineage.words import span
from streams.ops.errors import StreamsError

Ids = frozenset[str]


class CameSince(NamedTuple):
    """`ids`: those that came. `unsure`: why others may have come, too, as a phrase; "" where they did not."""

    ids: Ids = frozenset()
    unsure: str = ""


Stored = Callable[[Ids], tuple[Ids, str]]  # as `Tail.stored`
Came = Callable[[Ids], CameSince]  # of delivery ids; may raise Unavailable, of the index


def nobody_looked(_: Ids) -> CameSince:
    """For who asks gateways of one delivery alone."""
    return CameSince(unsure="nobody looked")


def came_since(index: Index, stored_of: Stored, ids: Ids) -> CameSince:
    """After an overload all may have come again, and wait: then they have no rows yet. Raises Unavailable."""
    try:
        stored, unread = stored_of(ids)  # first: what is processed meanwhile has its row by then
    except StreamsError as error:
        stored, unread = frozenset(), f"raw topics cannot be searched: {error}"
    reach = index.reach()  # before rows are read, which are no fewer than it says
    here = stored | _in_index(index, ids - stored)
    if here != ids and not unread and reach.behind_s > BEHIND_S:
        return CameSince(here, f"the index is {span(int(reach.behind_s * 1000))} behind")
    return CameSince(here, "" if here == ids else unread)


def _in_index(index: Index, ids: Ids) -> Ids:
    return frozenset(id for id in ids if index.deliveries(id) or index.letters_of_delivery(id))
