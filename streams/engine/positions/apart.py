"""Which source partitions can be worked on: those that are assigned together with all of their tables. Pure.

Faust keeps topics together by who subscribes to them. While workers of two versions are in the group, of which the
newer one reads one more topic or has one more table, they are two sets, each assigned for itself: partition 3 of the
new topic may be here and the tables of partition 3 there. Then no worker can process it. It waits, in Kafka, with its
offset, for the rebalance when the last old worker ends; all other partitions go on.
"""

from collections.abc import Collection, Mapping

from streams.engine.positions.slices import Source
from streams.ops.errors import Misconfigured


def together(sources: Collection[Source], changelogs: Collection[Source], tables: Collection[str]) -> set[Source]:
    """Those sources whose partition of every table is here. `tables`: their changelog topics."""
    return {source for source in sources if all((changelog, source[1]) in changelogs for changelog in tables)}


def check_counts(counts: Mapping[str, int]) -> None:
    """Raises Misconfigured where topics differ in their number of partitions: those never come together."""
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{topic} has {count}" for topic, count in sorted(counts.items()))
        raise Misconfigured(
            f"raw topics and changelogs do not have the same number of partitions ({found}): "
            "run `junction-streams topics plan`."
        )
