"""Whether deliveries that gateways refused have come since: as rows of the index, or as raw records that wait."""

from collections.abc import Callable
from typing import NamedTuple

from streams.lineage.asking.tail_look import Tail
from streams.lineage.delivery.story_of_delivery import BEHIND_S
from streams.lineage.known import Index
from streams.lineage.words import span
from streams.ops.errors import StreamsError

Ids = frozenset[str]


class CameSince(NamedTuple):
    """`ids`: those that came. `unsure`: why others may have come, too, as a phrase; "" where they did not."""

    ids: Ids = frozenset()
    unsure: str = ""


Came = Callable[[Ids], CameSince]  # of delivery ids; may raise Unavailable, of the index


def nobody_looked(_: Ids) -> CameSince:
    """For who asks gateways of one delivery alone."""
    return CameSince(unsure="nobody looked")


def came_since(index: Index, tail: Tail, ids: Ids) -> CameSince:
    """After an overload all may have come again, and wait: then they have no rows yet. Raises Unavailable."""
    reach = index.reach()  # first: rows that are read later are no fewer than it says
    here = _in_index(index, ids)
    if here == ids:
        return CameSince(ids)
    try:
        stored, unread = tail.stored(ids - here)
    except StreamsError as error:
        return CameSince(here, f"raw topics cannot be searched: {error}")
    here |= stored | _in_index(index, ids - here - stored)  # some were processed meanwhile
    if here != ids and reach.behind_s > BEHIND_S:
        return CameSince(here, f"the index is {span(int(reach.behind_s * 1000))} behind")
    return CameSince(here, "" if here == ids else unread)


def _in_index(index: Index, ids: Ids) -> Ids:
    return frozenset(id for id in ids if index.deliveries(id) or index.letters_of_delivery(id))
