"""Which worker has a partition's tables, by what the leader of the group has told all of them. Pure."""

from collections.abc import Collection, Mapping

Topics = Mapping[str, Collection[int]]  # changelog topic → partitions


def url_of(partition: int, by_url: Mapping[str, Topics], ours: Collection[int], own_url: str) -> str:
    """Where the worker that has a partition's tables is reached. "": nobody yet, or this worker reads them just now.
    `own_url`, for a partition that is not ours: two workers announce one address.

    An assignment leaves no partition out. `by_url` is by address, so of two workers with one address it has the
    partitions of the later one alone, and those of the other are nobody's.
    """
    if not by_url or partition in ours:
        return ""
    return next((url for url, topics in by_url.items() if any(partition in some for some in topics.values())), own_url)
