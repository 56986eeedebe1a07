"""What is known of a question "why is it not there?", each part possibly not, with a sentence that says why. Pure.

Times: Unix ms, 0 for unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.data.days import LocalDay
from streams.lineage.data.touching import is_data, is_there
from streams.lineage.delivery.facts import NotKnown
from streams.lineage.known import DeadLetter, History, Link, ProviderHour, Reach
from streams.lineage.row import LineageRow
from streams.lineage.why.presence import Missed, asked_rows, missed_of

LATE_MS = 12 * HOUR_MS  # data of a day may come after it: a phone syncs in the morning


class WaitingRecord(NamedTuple):
    """A raw record of this user and resource that no worker has committed yet. `place`: topic partition:offset."""

    place: str
    delivery_id: str
    stored_ms: int


class WaitingLook(NamedTuple):
    """What lies between the workers' committed offset and the end of the user's raw partition.

    `behind`: records in all. `unread`: a sentence where not all of them were looked at, else "".
    """

    records: tuple[WaitingRecord, ...] = ()
    behind: int = 0
    unread: str = ""


class RefusalSeen(NamedTuple):
    """A request that a gateway answered with something else than 2xx. `is_signed`: whether a secret signed it; None
    where that was not tried. But for what was signed wrongly none is known to have come since."""

    at_ms: int
    gateway: str
    outcome: str
    status: int
    claimed_id: str
    is_signed: bool | None


class QuietSpan(NamedTuple):
    """A time in which no gateway took anything. `was_up`: whether one says that it was there all the time; None where
    that is not known. `goes_on`: it lasts until now."""

    from_ms: int
    until_ms: int
    was_up: bool | None
    goes_on: bool = False


class DoorNews(NamedTuple):
    """What gateways refused at that time, and when none took anything. `missing`: a sentence without full stop for
    each gateway that did not say, and for what they no longer remember. `unsure`: why refused ones that were signed may
    have come since, as a phrase; "" where they did not."""

    refusals: tuple[RefusalSeen, ...] = ()
    quiet: tuple[QuietSpan, ...] = ()
    missing: tuple[str, ...] = ()
    unsure: str = ""


class JunctionSays(NamedTuple):
    """What Junction's API answered about this user, resource and day. `n`: how many things it has, of `provider`s."""

    n: int
    providers: tuple[str, ...] = ()


_NOTHING_WAITS, _NO_NEWS, _NOT_ASKED = WaitingLook(), DoorNews(), NotKnown("Junction was not asked")


@dataclass(frozen=True, kw_only=True)  # without slots: what follows from rows is worked out once
class WhyFacts:
    """`day`: None for a resource that belongs to no day. `rows`: all of the user and resource that are known, dead ones
    and notices too; `connection_rows`: those of connection events. `hours`: by provider, those of a week and today.
    `brought`: by provider, when the newest data of any resource were made that came by the end of the day."""

    user_id: str
    resource: str
    day: LocalDay | None
    now_ms: int
    reach: Reach
    rows: tuple[LineageRow, ...] = ()
    connection_rows: tuple[LineageRow, ...] = ()
    links: tuple[Link, ...] = ()
    histories: tuple[History, ...] = ()
    letters: tuple[DeadLetter, ...] = ()
    waiting: WaitingLook | NotKnown = _NOTHING_WAITS
    door: DoorNews | NotKnown = _NO_NEWS
    hours: Mapping[str, tuple[ProviderHour, ...]] = field(default_factory=dict)
    brought: Mapping[str, int] = field(default_factory=dict)
    junction: JunctionSays | NotKnown = _NOT_ASKED

    @cached_property
    def data_rows(self) -> tuple[LineageRow, ...]:
        """Rows that brought data."""
        return tuple(filter(is_data, self.rows))

    @cached_property
    def asked(self) -> tuple[LineageRow, ...]:
        """Rows with data of what is asked for."""
        return asked_rows(self.data_rows, self.day)

    @cached_property
    def there(self) -> tuple[LineageRow, ...]:
        """Rows by which it is there."""
        return tuple(filter(is_there, self.asked))

    @cached_property
    def missed(self) -> Missed:
        """Providers whose data are missed, whose causes count."""
        return missed_of(self.data_rows, self.there, self.links, self.day, self.reach)

    @property
    def from_ms(self) -> int:
        """When what is asked for may have come at the earliest."""
        return self.day.from_ms if self.day else self.now_ms - DAY_MS

    @property
    def until_ms(self) -> int:
        """When it would have come at the latest: now, for a day that is not long over."""
        return min(self.now_ms, self.day.until_ms + LATE_MS) if self.day else self.now_ms

    @property
    def end_ms(self) -> int:
        """When the day ends, or now."""
        return min(self.now_ms, self.day.until_ms) if self.day else self.now_ms

    @property
    def of_what(self) -> str:
        """`sleep of 2026-11-28`."""
        return f"{self.resource} of {self.day.text}" if self.day else self.resource
