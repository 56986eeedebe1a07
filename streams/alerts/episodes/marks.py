"""A mark: one point of a series, as rules judge it."""

from typing import NamedTuple

FUTURE_S = 900  # a clock of a device may run ahead by so much
NEVER_US = -(2**63)


class Mark(NamedTuple):
    """`source`: index into the window's sources. `offset`: of its raw record. `age_s`: how old it was on arrival."""

    time_us: int
    value: float
    source: int = 0
    offset: int = 0
    age_s: int = 0
    entity: str = ""
