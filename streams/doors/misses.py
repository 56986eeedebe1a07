"""Which of the missing events matter, and the first of them by their ids. Pure.

What a door lacks is read again, then what it brought of the same owners: both are folded, and compared.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from streams.doors.folding import Newest, Statement, statements
from streams.doors.names import DOORS
from streams.doors.raw_records import RawLog, RawRecord
from streams.doors.report import DoorReport
from streams.doors.sightings import Sighting, Sightings

STATEMENTS_MAX = 150_000  # of missing events, held at once: about 60 MB
Places = dict[int, "array[int]"]  # offsets by the number of their partition
Names = Sequence[tuple[str, int]]  # topic and partition by that number


class MissingEvent(NamedTuple):
    """An event that a side lacks and the other one has. Ids and places, no values.

    `is_of_kept`: whether the door to be kept lacks it. `door`: what brought it. `received_ms`: when, Unix milliseconds.
    `matters`: None where nobody looked.
    """

    is_of_kept: bool
    topic: str
    partition: int
    offset: int
    door: str
    event_type: str
    user_id: str
    delivery_id: str
    received_ms: int
    matters: bool | None = None


class FoldedMisses(NamedTuple):
    """`judged`: how many were looked at, `matter`: how many of them matter. `lacked`: each, what matters first."""

    judged: int
    matter: int
    lacked: list[MissingEvent]


def folded(log: RawLog, names: Names, report: DoorReport, again: Sightings) -> FoldedMisses:
    """What the door to be kept lacks, against what it brought. `again`: all rows of the owners of what is missing."""
    lacked = report.first_missing(of_kept=True)
    found, said = list[MissingEvent](), list[list[Statement] | None]()
    n = 0
    for record in _read(log, names, lacked):
        found.append(missing(record, is_of_kept=True))
        if n <= STATEMENTS_MAX:
            said.append(statements(record.body, record.event_type, record.sent_ms))
            n += len(said[-1] or ())
    newest = Newest({one.key for event in said for one in event or ()})
    for record in _read(log, names, _brought(report, lacked, again)):
        newest.add(statements(record.body, record.event_type, record.sent_ms) or ())
    for place, event in enumerate(said):
        found[place] = found[place]._replace(matters=event is None or not newest.outdates(event))
    found.sort(
        key=lambda event: (event.matters is False, event.received_ms, event.topic, event.partition, event.offset)
    )
    return FoldedMisses(len(said), sum(event.matters is True for event in found), found)


def _brought(report: DoorReport, lacked: Iterable[Sighting], again: Sightings) -> Iterator[Sighting]:
    """What came by the door to be kept, of those of whom it lacks something."""
    kept, owners = report.terms.number, {row.owner for row in lacked}
    return (row for row in again.rows() if row.door == kept and row.owner in owners)


def read_at_once(log: RawLog, names: Names, report: DoorReport, again: Sightings) -> None:
    """All that `folded` and `named` ask for: a log that remembers is read once for both."""
    lacked = report.first_missing(of_kept=True)
    wanted = chain(lacked, _brought(report, lacked, again), report.first_missing(of_kept=False))
    for _ in _read(log, names, wanted):
        pass


def named(log: RawLog, names: Names, report: DoorReport, most: int) -> list[MissingEvent]:
    """The first of what the others lack, by their ids."""
    rows = report.first_missing(of_kept=False)[:most]
    return sorted((missing(record, is_of_kept=False) for record in _read(log, names, rows)), key=_order)


def missing(record: RawRecord, *, is_of_kept: bool) -> MissingEvent:
    """A record that one side alone brought."""
    return MissingEvent(
        is_of_kept, record.topic, record.partition, record.offset, DOORS[record.door or 0], record.event_type,
        record.user_id, record.delivery_id, record.received_ms,
    )  # fmt: skip


def _order(event: MissingEvent) -> tuple[int, str, int, int]:
    return event.received_ms, event.topic, event.partition, event.offset


def _read(log: RawLog, names: Names, rows: Iterable[Sighting]) -> Iterator[RawRecord]:
    places: Places = defaultdict(lambda: array("q"))
    for row in rows:
        places[row.place].append(row.offset)
    yield from log.at(named_places(names, places))


def named_places(names: Names, places: Places) -> Mapping[tuple[str, int], Sequence[int]]:
    """Offsets by topic and partition."""
    return {names[number]: offsets for number, offsets in places.items()}
