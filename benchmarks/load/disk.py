"""What events leave on disk: bytes of Kafka's records by class of topic, and of the workers' tables."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from streams.events import topics

CLASSES = ("raw", "clean", "changelog", "tables")


def bytes_by_class(folder: Path, prefix: str) -> dict[str, int]:
    """Class → bytes in a cluster's folder: one replica, as compressed as it lies there, nothing compacted yet.

    `tables`: the workers' databases, which lie in the same folder, with what RocksDB has not merged yet.
    """
    found: Counter[str] = Counter(dict.fromkeys(CLASSES, 0))
    for file in (folder / "kafka").rglob("*.log"):
        if kind := class_of(file.parent.name.rpartition("-")[0], prefix):
            found[kind] += file.stat().st_size
    found["tables"] = sum(file.stat().st_size for file in folder.glob("w*/state/**/*") if file.is_file())
    return dict(found)


def an_event(before: Mapping[str, int], after: Mapping[str, int], events: int) -> dict[str, int]:
    """Class → bytes that one event added."""
    return {name: round((after[name] - before[name]) / max(1, events)) for name in CLASSES}


def class_of(topic: str, prefix: str) -> str:
    """ "" for Kafka's own topics."""
    if topic.endswith("-changelog"):
        return "changelog"
    short = topic.removeprefix(f"{prefix}.")
    if short == topic:
        return ""
    return "raw" if short in topics.RAW else "clean"
