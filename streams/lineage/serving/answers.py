"""Who answers: an index and those who ask Kafka, gateways and Junction, behind the three questions there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from streams.lineage.asking.delivery_asker import DeliveryAsker, Portal
from streams.lineage.asking.doors import Doors
from streams.lineage.asking.open_data_asker import open_data_asker
from streams.lineage.asking.raw_look import Prove
from streams.lineage.data_asker import AskJunction, DataAsker
from streams.lineage.known import Index, Reach
from streams.lineage.serving.questions import DataQuery, WhyQuery
from streams.lineage.telling import Story
from streams.lineage.words import phrase
from streams.ops.settings import Settings

WATCH_GROUPS_S = 5.0  # to so much it is known by when a consumer group had read a record


@dataclass(frozen=True, slots=True, kw_only=True)
class Helpers:
    """What only connectors can do, handed in by who starts; None where they cannot be asked.

    `prove`: what is proved of a stored record. `portal`: where a message is sent again by hand; no link that logs in
    whoever reads it. `junction`: what Junction's API has.
    """

    prove: Prove | None = None
    portal: Portal | None = None
    junction: AskJunction | None = None


@dataclass(frozen=True, slots=True)
class Troubles:
    """`stands`: why the index does not go on; `cares`: what of its care could not be done. "" for nothing."""

    stands: str = ""
    cares: str = ""


class IndexAnswerer:
    """`questions.Answerer`. Any thread may ask. `troubles`: of the index, now."""

    def __init__(
        self, index: Index, deliveries: DeliveryAsker, data: DataAsker, troubles: Callable[[], Troubles] = Troubles
    ) -> None:
        self._index, self._deliveries, self._data, self._troubles = index, deliveries, data, troubles

    def delivery(self, id: str, *, show_values: bool = False) -> Story:
        return self._with_troubles(self._deliveries.story(id, show_values=show_values))

    def data(self, query: DataQuery) -> Story:
        found = self._data.story(
            query.user, query.resource, day=query.day, entity=query.entity, at=query.at,
            show_values=query.show_values,
        )  # fmt: skip
        return self._with_troubles(found)

    def why(self, query: WhyQuery) -> Story:
        found = self._data.why(query.user, query.resource, day=query.day, ask_junction=query.ask_junction)
        return self._with_troubles(found)

    def reach(self) -> Reach:
        return self._index.reach()

    def _with_troubles(self, story: Story) -> Story:
        now = self._troubles()
        stands = (f"the index does not go on: {phrase(now.stands)}",) if now.stands else ()
        cares = (f"the index goes on; {phrase(now.cares)}",) if now.cares and not now.stands else ()
        return replace(story, missing=(*story.missing, *stands), notes=(*story.notes, *cares))


@contextmanager
def open_answerer(
    settings: Settings, index: Index, helpers: Helpers, troubles: Callable[[], Troubles] = Troubles
) -> Iterator[IndexAnswerer]:
    """With clients that stay open as long as it does. Raises Misconfigured where no Kafka is named."""
    doors = Doors(settings)
    deliveries = DeliveryAsker(
        settings, index, prove=helpers.prove, refusals=doors.refusals, heartbeats=doors.heartbeats,
        portal=helpers.portal, watch_groups_s=WATCH_GROUPS_S,
    )  # fmt: skip
    try:
        with open_data_asker(settings, index, helpers.junction) as data:
            yield IndexAnswerer(index, deliveries, data, troubles)
    finally:
        deliveries.close()
