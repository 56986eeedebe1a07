"""Which worker has a partition's tables, by the assignment that the leader of the group sent to all. Pure."""

from collections.abc import Collection, Mapping

Topics = Mapping[str, Collection[int]]  # changelog topic → partitions


def url_of(partition: int, by_url: Mapping[str, Topics], ours: Collection[int], own_url: str) -> str:
    """Address of the worker that has a partition's tables. "": none yet, or this worker restores them now.
    `own_url`, for a partition that is not ours: two workers announce one address.
    """
    # An assignment has every partition. `by_url` is by address: of two workers with one address it has the partitions
    # of the later one alone, and those of the other belong to no address.
    if not by_url or partition in ours:
        return ""
    return next((url for url, topics in by_url.items() if any(partition in some for some in topics.values())), own_url)
