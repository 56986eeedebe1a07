"""An episode: a time in which a rule is true of a user."""

from enum import StrEnum
from typing import NamedTuple

from streams.alerts.episodes.marks import Mark


class Resolution(StrEnum):
    """Why an alert is over."""

    CLEARED = "cleared"  # calm again; the connection is back; data arrived
    EXPIRED = "expired"  # nothing beyond the bound for `resolve_after`
    CORRECTED = "corrected"  # by changed or late data it was never true
    RULE_GONE = "rule_gone"  # the rule was removed or disabled


class Episode(NamedTuple):
    """Times are those of the data. `beyond_us`: of the newest mark beyond. `marks`: those that opened it.

    `subject`: what it is about, for events; episodes of one subject do not overlap.
    """

    first_us: int
    opened_us: int
    beyond_us: int
    marks: tuple[Mark, ...] = ()
    ended_us: int | None = None
    resolution: Resolution | None = None
    subject: str = ""
