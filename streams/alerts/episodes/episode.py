"""An episode: a time in which a rule is true of a user."""

from enum import StrEnum
from typing import NamedTuple

from streams.alerts.episodes.marks import Mark


class Resolution(StrEnum):
    """Why an alert is over."""

    CLEARED = "cleared"  # calm again; the connection is back; data came
    EXPIRED = "expired"  # nothing beyond for as long as the rule says
    CORRECTED = "corrected"  # changed or late data: it was never so
    RULE_GONE = "rule_gone"  # the rule was removed or switched off


class Episode(NamedTuple):
    """A time in which a rule is true. Times are those of the data. `marks`: those that opened it, first and last kept.

    `subject`: what it is about, for events; episodes of one subject do not overlap.
    """

    first_us: int
    opened_us: int
    beyond_us: int
    marks: tuple[Mark, ...] = ()
    ended_us: int | None = None
    resolution: Resolution | None = None
    subject: str = ""
