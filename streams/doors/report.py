"""What is told of two doors: counts, the median lead, and the places of what is missing. Pure."""

from collections import Counter
from dataclasses import dataclass, field

from streams.doors.judging import Presence, Terms, judge
from streams.doors.matching import DoorEvent
from streams.doors.sightings import Sighting
from streams.events import MINUTE_MS, DoorName

NAMED_MAX = 5_000  # missing events whose place is kept: those that came first


@dataclass
class DoorReport:
    """`records`: by door. `leads_ms`: by how much the kept door was first, and how many events; from a minute on to the
    second.

    `kept_lacks`, `others_lack`: events that the other side alone brought, by what that means. `kinds`: number of an
    event type → how many events came by both, by the kept door alone, by the others alone.
    """

    terms: Terms
    records: dict[DoorName, int]
    both: int = 0
    leads_ms: Counter[int] = field(default_factory=Counter)
    kept_lacks: Counter[Presence] = field(default_factory=Counter)
    others_lack: Counter[Presence] = field(default_factory=Counter)
    kinds: dict[int, list[int]] = field(default_factory=dict)
    named: dict[bool, list[Sighting]] = field(default_factory=lambda: {True: [], False: []})

    def add(self, event: DoorEvent) -> None:
        """One event, judged."""
        if event.kept is not None and event.other is not None:
            self.both += 1
            self.leads_ms[_rounded(event.other.received_ms - event.kept.received_ms)] += 1
            self._count(event.kept, 0)
            return
        presence = judge(event, self.terms)
        if event.kept is not None:
            self._lack(event.kept, presence, of_kept=False)
        elif event.other is not None:
            self._lack(event.other, presence, of_kept=True)

    def _lack(self, row: Sighting, presence: Presence, *, of_kept: bool) -> None:
        (self.kept_lacks if of_kept else self.others_lack)[presence] += 1
        self._count(row, 2 if of_kept else 1)
        if presence is Presence.MISSING:
            self._name(row, self.named[of_kept])

    def _count(self, row: Sighting, column: int) -> None:
        counts = self.kinds.get(row.kind)
        if counts is None:
            counts = self.kinds[row.kind] = [0, 0, 0]
        counts[column] += 1

    def _name(self, row: Sighting, among: list[Sighting]) -> None:
        among.append(row)
        if len(among) > 2 * NAMED_MAX:
            among.sort(key=_order)
            del among[NAMED_MAX:]

    def first_missing(self, *, of_kept: bool) -> list[Sighting]:
        """Rows of what the kept door lacks, or the others do: those that came first, NAMED_MAX at most."""
        return sorted(self.named[of_kept], key=_order)[:NAMED_MAX]

    @property
    def lead_ms(self) -> float | None:
        """The median: positive where the kept door was first. None where no event came by both."""
        n = self.leads_ms.total()
        return (self._lead((n - 1) // 2) + self._lead(n // 2)) / 2 if n else None

    def _lead(self, rank: int) -> int:
        """The one of that rank, from 0; they are counted, because a list of a million would be 40 MB."""
        for lead_ms, n in sorted(self.leads_ms.items()):
            if rank < n:
                return lead_ms
            rank -= n
        raise IndexError(rank)

    @property
    def is_complete(self) -> bool:
        """Whether the door to be kept lacks nothing that the others have."""
        return not self.kept_lacks[Presence.MISSING]


def _rounded(lead_ms: int) -> int:
    return lead_ms if -MINUTE_MS < lead_ms < MINUTE_MS else round(lead_ms / 1000) * 1000


def _order(row: Sighting) -> tuple[int, int, int]:
    return row.order
