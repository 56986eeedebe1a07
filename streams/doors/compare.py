"""Two doors compared: records by their bytes, what is in doubt in one form, what is missing by what it says. Pure.

The log is read once from the time asked for on. Of few events in doubt few records are read again, of many all.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from streams.doors import matching, misses
from streams.doors.history import HistoryEnds
from streams.doors.judging import Presence, Terms
from streams.doors.misses import MissingEvent, Places
from streams.doors.names import DOORS, WEBHOOK
from streams.doors.raw_records import RawLog, RawRecord, RowMaker, as_it_is, in_one_form
from streams.doors.remembering import Remembering
from streams.doors.report import DoorReport
from streams.doors.sightings import HISTORY, Sighting, Sightings
from streams.events import DoorName, Family, parse_type
from streams.ops.errors import Misconfigured

REMEMBERED_MAX = 20_000  # records; of more most would be in vain: they turn out to have come by both doors
_DATA = frozenset({Family.SUMMARY, Family.TIMESERIES})


class DiffOrder(NamedTuple):
    """What is asked for. Times: Unix milliseconds; `now_ms`: when reading begins.

    `keep`: the door to be kept; None for the pipeline that is there. `named_max`: missing events of a side to be named.
    """

    since_ms: int
    now_ms: int
    grace_ms: int
    keep: DoorName | None
    named_max: int


class DoorDiff(NamedTuple):
    """`kinds`: event types by their number. `matter`: missing events that matter; `unknown`: those nobody looked at.

    `named`: of what the kept door lacks the first, those that matter before others; then of what the others lack.
    """

    report: DoorReport
    kinds: Sequence[str]
    matter: int
    unknown: int
    named: Sequence[MissingEvent]


def diff(log: RawLog, order: DiffOrder) -> DoorDiff:
    """Both sides compared. Raises Misconfigured where there is nothing to compare."""
    look = FirstLook(log, order)
    terms = terms_of(order, look.counts)
    report = DoorReport(terms, look.counts)
    places: Places = defaultdict(lambda: array("q"))
    in_doubt = matching.doubted(look.rows, terms.number)
    for event in matching.settled(look.rows, terms.number, in_doubt, places):
        report.add(event)
    look.rows.clear()
    remembering = Remembering(log)
    is_little = sum(map(len, places.values())) <= REMEMBERED_MAX
    again = Sightings(closer_look(remembering if is_little else log, look, places))
    for heap in again.heaps():
        for event in matching.seen(heap, terms.number):
            report.add(event)
    names = look.maker.places.things()
    misses.read_at_once(remembering, names, report, again)
    found = misses.folded(remembering, names, report, again)
    return DoorDiff(
        report,
        [one.decode("utf-8", "replace") for one in look.maker.kinds.things()],
        found.matter,
        report.kept_lacks[Presence.MISSING] - found.judged,
        [*found.lacked[: order.named_max], *misses.named(remembering, names, report, order.named_max)],
    )


class FirstLook:
    """Every record, by its bytes; and when which history was complete. `counts`: records by door."""

    def __init__(self, log: RawLog, order: DiffOrder) -> None:
        self.maker = RowMaker(order.since_ms)
        self.rows, self.ends = Sightings(), HistoryEnds()
        counts = Counter[int]()
        # What was sent since then, and came by one door, may have come a little earlier by the other.
        for record in log.since(order.since_ms - order.grace_ms):
            row = self.maker.row(record, as_it_is)
            if row is not None:
                self.rows.add(row)
                counts[row.door] += 1
                if record.is_notice:
                    self.ends.add(row.owner, record.body, row.received_ms)
        self.counts = {DOORS[door]: counts[door] for door in sorted(counts)}


def terms_of(order: DiffOrder, counts: Mapping[DoorName, int]) -> Terms:
    """Which door is kept, and which are the others. Raises Misconfigured."""
    if not counts:
        raise Misconfigured("nothing came through any door in that time: look further back with --since")
    pipelines = [door for door in counts if door is not DoorName.WEBHOOK]
    if order.keep is None and len(pipelines) != 1:
        found = " and ".join(pipelines) or "webhooks alone"
        raise Misconfigured(f"events came through {found} in that time: say which door is to be kept with --keep")
    kept = order.keep or pipelines[0]
    others = tuple(door for door in counts if door is not kept)
    if not others:
        raise Misconfigured(f"events came through {kept} alone in that time: there is nothing to compare it with")
    return Terms(order.now_ms, order.grace_ms, kept, others)


def closer_look(log: RawLog, look: FirstLook, places: Places) -> Iterator[Sighting]:
    """Rows that bytes alone do not tell, by their content in one form; with the mark of pushed history."""
    for record in log.at(misses.named_places(look.maker.places.things(), places)):
        row = look.maker.row(record, in_one_form)
        if row is not None:
            yield row._replace(marks=row.marks | HISTORY) if _is_history(look.ends, record, row) else row


def _is_history(ends: HistoryEnds, record: RawRecord, row: Sighting) -> bool:
    if row.door == WEBHOOK or not ends.are_of(row.owner) or parse_type(record.event_type).family not in _DATA:
        return False
    return ends.follow(row.owner, record.body, row.received_ms)
