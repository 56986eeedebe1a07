"""The newest points of one series of a user, in the order of their times. The order of arrival leaves no trace.

Bounded by what depends on the points and not on their order: of samples within one minute the lowest and the highest
count (`crowds` has the others), and of all the newest MARKS_MAX that rules can still need. Samples go by whole
minutes; what is of a minute that went, or older, comes too late.
"""

from typing import NamedTuple

FUTURE_S = 900  # a clock may be wrong by so much
NEVER_US = -(2**63)


class Mark(NamedTuple):
    """A point. `source`: place in the window's sources. `age_s`: how old it was when it came."""

    time_us: int
    value: float
    source: int = 0
    offset: int = 0
    age_s: int = 0
    entity: str = ""
