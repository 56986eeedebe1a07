"""Faust's assignor, for static members that come back as somebody else.

Kafka answers a static member (KIP-345) that joins again within its session with the assignment that it had, and asks
the leader nothing, even where its address for queries or its topics are others now: another port, another host name, a
new version that reads one more topic, the version before that reads one less. At another address Faust fails an
assertion inside aiokafka's coordinator, and for a topic that is not read any more aiokafka does: the coordinator ends,
and nobody notices, the worker lives and does nothing. Here what was told is taken, and the group is asked to rebalance:
that join differs from the one before, so the leader hears of it.
"""

from collections.abc import Iterable
from typing import Any

from aiokafka.consumer.subscription_state import SubscriptionState
from faust.assignor import PartitionAssignor
from faust.assignor.client_assignment import ClientMetadata

from streams.ops import log

logger = log.get("assignor")


class Assignor(PartitionAssignor):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """`_wanted`: topics of the last join. In a process the group is asked once at most: what is wrong for longer, a
    topic that is not there, must not keep it rebalancing."""

    _wanted: frozenset[str] = frozenset()
    _has_asked = False

    def metadata(self, topics: Any) -> Any:
        self._wanted = frozenset(topics)
        return super().metadata(topics)

    def on_assignment(self, assignment: Any) -> None:
        told = ClientMetadata.loads(self._decompress(assignment.user_data))
        url = str(self._url)
        # The leader has an entry, maybe an empty one, for each topic that it knows this member to read.
        is_of_another = told.url != url or self._wanted != set(told.assignment.actives)
        if told.url != url:
            for map_ in (told.changelog_distribution, told.external_topic_distribution):
                if told.url in map_:
                    map_[url] = map_.pop(told.url)
            told.url = url
            assignment = type(assignment)(assignment.version, assignment.assignment, self._compress(told.dumps()))
        super().on_assignment(assignment)
        if is_of_another and not self._has_asked:
            self._has_asked = True
            logger.info("rebalance_asked", why="this worker had another address or other topics before")
            self.app.consumer.rejoin()


class Subscriptions(SubscriptionState):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """aiokafka's, for an assignment with topics that this version does not read: they wait for the rebalance."""

    def assign_from_subscribed(self, assignment: Iterable[Any]) -> None:
        super().assign_from_subscribed({tp for tp in assignment if tp.topic in self.topics})
