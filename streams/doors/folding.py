"""Whether a missing event would change what is known of its entities. Pure.

An entity is what the worker keeps by a key: a summary, a sample, a connection, a lab order. A miss does not matter
where the door to be kept brought a newer version of all its entities, or its newest one says the same. Versions are
ordered as the worker orders them (`tables/verdicts`).
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from streams.events import parse_type
from streams.ops.errors import Rejected
from streams.payloads import Entity, to_json
from streams.payloads.decode import decode
from streams.tables import NEVER_US, Version, readings, signed_hash
from streams.tables.readings import LabReading, QueryReading, Reading, SeriesReading, SummaryReading

KEY_BYTES = 16


class Statement(NamedTuple):
    """What an event says of one entity. `key`: hash of its key. The version has the hash of the content."""

    key: bytes
    version: Version


def statements(body: bytes, event_type: str, delivered_ms: int) -> list[Statement] | None:
    """Of each entity; None where nothing tells which ones they are: each delivery of it counts.

    `delivered_ms`: when it was sent, Unix milliseconds.
    """
    try:
        reading = readings.read(decode(body, parse_type(event_type).family), delivered_ms)
    except Rejected:
        return None
    if not reading.is_keyed or not reading.size:
        return None
    keys = reading.keys(reading.size)
    versions = _versions(reading, delivered_ms)
    return [Statement(_hash(reading.topic, key), version) for key, version in zip(keys, versions, strict=True)]


def _versions(reading: Reading, delivered_ms: int) -> Iterator[Version]:
    match reading:
        case SeriesReading():
            columns = reading.series.columns
            for said in zip(columns.contents, columns.tags, strict=True):
                yield _undated(to_json(said), delivered_ms)
        case SummaryReading() | LabReading():
            yield _dated(reading.entity, delivered_ms)
        case QueryReading():
            for row in reading.rows or ():
                yield _dated(row, delivered_ms)
        case _:
            # A connection, a notice: the newest one wins, and each is news.
            yield _undated(reading.event.type.text.encode() + b" %d" % delivered_ms, delivered_ms)


def _dated(entity: Entity, delivered_ms: int) -> Version:
    at_us = NEVER_US if entity.updated_at_us is None else entity.updated_at_us
    return Version(at_us, delivered_ms, signed_hash(to_json(entity.content)))


def _undated(content: bytes, delivered_ms: int) -> Version:
    return Version(NEVER_US, delivered_ms, signed_hash(content))


def _hash(topic: str, key: Sequence[str]) -> bytes:
    return blake2b(to_json([topic, *key]), digest_size=KEY_BYTES).digest()


class Newest:
    """The newest version of each of some entities that a door brought. Order and repetition do not matter."""

    def __init__(self, wanted: set[bytes]) -> None:
        self._wanted = wanted
        self._versions: dict[bytes, Version] = {}

    def add(self, said: Sequence[Statement]) -> None:
        """What an event of that door says; entities that nobody asks about are left out."""
        for key, version in said:
            if key in self._wanted:
                self._versions[key] = max(version, self._versions.get(key, version))

    def outdates(self, said: Sequence[Statement]) -> bool:
        """Whether an event that never came would change nothing."""
        return all(self._outdates(*one) for one in said)

    def _outdates(self, key: bytes, version: Version) -> bool:
        newest = self._versions.get(key)
        return newest is not None and (newest >= version or newest.content_hash == version.content_hash)
