"""The agents: one fold for each topic that the worker reads. Glue only; rules live in the pure modules below.

`folds` is all that the worker needs. Agents do not know each other: they meet in topics and tables.
"""

from streams.agents import backfills, connections, labs, other, progress, summaries, timeseries
from streams.codec import Codec
from streams.draft import Fold

__all__ = ["folds"]

_MAKE = {
    "raw.connections": connections.make,
    "raw.backfills": backfills.make,
    "raw.summaries": summaries.make,
    "raw.timeseries": timeseries.make,
    "raw.labs": labs.make,
    "raw.other": other.make,
    "fetch_progress": progress.make,
}


def folds(codec: Codec, prefix: str) -> dict[str, Fold]:
    """Short name of a source topic → its fold. `prefix`: of the clean topics that they emit to."""
    return {topic: make(codec, prefix) for topic, make in _MAKE.items()}
