"""Faust's assignor, for static members that join again with another address or other topics.

Kafka answers a static member (KIP-345) that joins again within its session with its last assignment, and does not ask
the leader, even where the member's address for queries or its topics have changed: another port, another host name, a
version that reads one more topic, or one less. At another address Faust fails an assertion inside aiokafka's
coordinator, and for a topic that is not read any more aiokafka fails one: the coordinator ends in silence, and the
worker lives and does nothing. Here the old assignment is taken, and the group is asked to rebalance: that join differs
from the one before, so Kafka passes it on to the leader.
"""

from collections.abc import Iterable
from typing import Any

from aiokafka.consumer.subscription_state import SubscriptionState
from faust.assignor import PartitionAssignor
from faust.assignor.client_assignment import ClientMetadata

from streams.ops import log

logger = log.get("assignor")


class Assignor(PartitionAssignor):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """`_wanted`: topics of the last join."""

    _wanted: frozenset[str] = frozenset()
    _has_asked = False  # once in a process: a topic that is missing for good must not keep the group rebalancing

    def metadata(self, topics: Any) -> Any:
        self._wanted = frozenset(topics)
        return super().metadata(topics)

    def on_assignment(self, assignment: Any) -> None:
        given = ClientMetadata.loads(self._decompress(assignment.user_data))
        url = str(self._url)
        # The leader has an entry, maybe an empty one, for each topic that it knows this member to read.
        is_of_another = given.url != url or self._wanted != set(given.assignment.actives)
        if given.url != url:
            for map_ in (given.changelog_distribution, given.external_topic_distribution):
                if given.url in map_:
                    map_[url] = map_.pop(given.url)
            given.url = url
            assignment = type(assignment)(assignment.version, assignment.assignment, self._compress(given.dumps()))
        super().on_assignment(assignment)
        if is_of_another and not self._has_asked:
            self._has_asked = True
            logger.info("rebalance_asked", why="this worker had another address or other topics before")
            self.app.consumer.rejoin()


class Subscriptions(SubscriptionState):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """aiokafka's, without the topics of an assignment that this version does not read: they wait for the rebalance."""

    def assign_from_subscribed(self, assignment: Iterable[Any]) -> None:
        super().assign_from_subscribed({tp for tp in assignment if tp.topic in self.topics})
