"""Up to which source offsets a partition's tables are made: one row of the first table, in every transaction. Pure.

A transaction commits emitted records, changelogs and source offsets together, so after a restore this row and the
group's committed offsets are equal. Where they are not, something is broken that nothing else would show: rows that a
restore did not read, offsets that Kafka forgot, a broker that answered an old offset, a topic that was created again.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from streams.engine.positions.slices import Source
from streams.tables import rows

KEY = b"__streams\0offsets__"


class Entry(NamedTuple):
    """The offset behind what is processed of a source topic, and Kafka's id of that topic."""

    offset: int
    topic_id: str


LedgerRow = dict[str, Entry]  # of one partition: topic → entry

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Entry]).decode


def encode(row: LedgerRow) -> bytes:
    """The row of one partition, as JSON: `{"junction.raw.labs": [offset, topic id]}`."""
    return _encode(row)


def decode(stored: bytes | None) -> LedgerRow:
    """Empty for a row that is not there: the tables are new, or were made before there were such rows.

    Raises Misconfigured for one of another version.
    """
    if stored is None:
        return {}
    rows.check(rows.OFFSETS, stored)
    try:
        return _decode(stored)
    except msgspec.MsgspecError:
        rows.refuse(rows.OFFSETS, "JSON of another shape")


class LedgerVerdict(StrEnum):
    """A source's entry compared with the offset that the group has committed."""

    EQUAL = "equal"
    UNKNOWN = "unknown"  # no entry: a topic that is read for the first time, or state of an older version
    TABLES_BEHIND = "tables_behind"  # the tables miss what was committed: they must not be worked with
    GROUP_BEHIND = (
        "group_behind"  # Kafka lost the group's offsets, or an old coordinator answered: go on from the entry
    )
    MADE_ANEW = "made_anew"  # the topic was, and Kafka forgot its offsets with it: it is read from its beginning
    OTHER_TOPIC = "other_topic"  # it was made anew under a worker: what is committed is of the one before, or of both


def judge(entry: Entry | None, committed: int, topic_id: str) -> LedgerVerdict:
    """Compare the entry of a source with its committed offset, -1 where the group has none."""
    if entry is None:
        return LedgerVerdict.UNKNOWN
    if entry.topic_id != topic_id:
        return LedgerVerdict.MADE_ANEW if committed < 0 else LedgerVerdict.OTHER_TOPIC
    if entry.offset == committed:
        return LedgerVerdict.EQUAL
    return LedgerVerdict.TABLES_BEHIND if entry.offset < committed else LedgerVerdict.GROUP_BEHIND


class Ledger:
    """The rows of all partitions that are ours, from an assignment, or an abort, to the next. `ids`: of the source
    topics, asked for before their offsets were. `rows`: partition → what its row says."""

    def __init__(self, ids: Mapping[str, str], rows: Mapping[int, LedgerRow]) -> None:
        self._ids = ids
        self._rows = {partition: dict(row) for partition, row in rows.items()}

    def judge(self, committed: Mapping[Source, int]) -> dict[Source, LedgerVerdict]:
        """The verdict on each source."""
        return {
            source: judge(self._entry(source), offset, self._ids[source[0]]) for source, offset in committed.items()
        }

    def starts(self, committed: Mapping[Source, int]) -> dict[Source, int]:
        """Where to go on: the committed offset, unless the tables are made from more."""
        standings = self.judge(committed)
        return {
            source: self.offset(source) if standings[source] is LedgerVerdict.GROUP_BEHIND else offset
            for source, offset in committed.items()
        }

    def offset(self, source: Source) -> int:
        """The offset of a source's entry; -1 without one."""
        entry = self._entry(source)
        return -1 if entry is None else entry.offset

    def rows(self, offsets: Mapping[Source, int]) -> dict[int, bytes]:
        """Partition → its row once these offsets are committed too. They are remembered: after an abort there is
        another ledger."""
        for (topic, partition), offset in offsets.items():
            self._rows.setdefault(partition, {})[topic] = Entry(offset, self._ids[topic])
        return {partition: encode(self._rows[partition]) for partition in {partition for _, partition in offsets}}

    def forget(self, sources: Iterable[Source]) -> None:
        """Drop the entries of sources: their committed offsets count, whatever the tables say."""
        for topic, partition in sources:
            self._rows.get(partition, {}).pop(topic, None)

    def _entry(self, source: Source) -> Entry | None:
        return self._rows.get(source[1], {}).get(source[0])
