"""What a panel is, before it is Grafana's: a title, how to read it, a unit, queries."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Line(NamedTuple):
    """One query. `legend`: Grafana's template, `{{label}}` stands for a label's value."""

    legend: str
    query: str


class Kind(Enum):
    """How numbers are drawn."""

    TIMES = "timeseries"  # over time
    NUMBER = "stat"  # one number a series, as of now
    BARS = "bargauge"  # one bar a series, as of now


@dataclass(frozen=True)
class Panel:
    """`says`: how to read it. `unit`: Grafana's name. `bad` colours it red, `warn` yellow: from there on upwards, or
    downwards where `bad` is less than `warn`. `runbook`: page that says what to do. `width`: of 24 columns.
    """

    title: str
    says: str
    unit: str
    lines: tuple[Line, ...]
    kind: Kind = Kind.TIMES
    warn: float | None = None
    bad: float | None = None
    runbook: str = ""
    width: int = 8
    is_stacked: bool = False
    top: float | None = None  # greatest value of the axis, where it is known

    @property
    def height(self) -> int:
        return 5 if self.kind is Kind.NUMBER else 8


@dataclass(frozen=True)
class Board:
    """One dashboard. `name`: of its file, and in its address. `span`: what it shows at first, such as `6h`."""

    name: str
    title: str
    says: str
    panels: tuple[Panel, ...]
    span: str = "6h"

    @property
    def uid(self) -> str:
        return f"junction-{self.name}"
