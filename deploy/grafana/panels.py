"""What a panel is, before it is Grafana's: a title, how to read it, a unit, queries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

# Grafana's names of units that have several of a kind.
COUNT = "locale"  # 12,345; whole numbers
RECORDS_PER_S, ROWS_PER_S, REQUESTS_PER_S, TIMES_PER_S = "recps", "rowsps", "reqps", "ops"
BYTES = "decbytes"  # kB, MB: thousands; "bytes" would be KiB
RATIO = "short"


class Line(NamedTuple):
    """One query. `legend`: Grafana's template, `{{label}}` stands for a label's value. `colour`: of a line that has one
    whatever stands beside it. `warn`, `bad`: as a panel's, for one number among several.
    """

    legend: str
    query: str
    colour: str = ""
    warn: float | None = None
    bad: float | None = None


class Kind(Enum):
    """How numbers are drawn."""

    TIMES = "timeseries"  # over time
    NUMBER = "stat"  # one number a series, as of now
    BARS = "bargauge"  # one bar a series, as of now


@dataclass(frozen=True)
class Panel:
    """`says`: how to read it. `unit`: Grafana's name. `bad` colours it red, `warn` yellow: from there on upwards, or
    downwards where `bad` is less than `warn`. `runbook`: page that says what to do. `width`: of 24 columns. `colours`:
    of values of labels that stand in legends; series that are always 0 are left out, those that are green excepted.
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
    colours: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[int, str] = field(default_factory=dict)  # what stands for a number

    @property
    def height(self) -> int:
        """At least; panels of one row are as high as the highest."""
        return 4 if self.kind is Kind.NUMBER else 8


@dataclass(frozen=True)
class Board:
    """One dashboard. `name`: of its file, and in its address. `span`: what it shows at first, such as `6h`."""

    name: str
    title: str
    says: str
    panels: tuple[Panel, ...]
    span: str = "30m"  # of a new installation enough to see, and of an old one the minutes that matter

    @property
    def uid(self) -> str:
        return f"junction-{self.name}"

    @property
    def rows(self) -> list[tuple[Panel, ...]]:
        """Panels that stand side by side. Raises ValueError where a row is not full."""
        rows: list[tuple[Panel, ...]] = [()]
        for panel in self.panels:
            rows = [*rows[:-1], (*rows[-1], panel)] if _width(rows[-1]) < COLUMNS else [*rows, (panel,)]
        if any(_width(row) != COLUMNS for row in rows):
            raise ValueError(f"{self.name}: a row of panels is not {COLUMNS} columns wide")
        return rows


COLUMNS = 24


def _width(row: tuple[Panel, ...]) -> int:
    return sum(panel.width for panel in row)
