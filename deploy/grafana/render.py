"""Writes docs/dashboards.md: every panel with the numbers that a real Prometheus has of a run of the demo.

`python -m deploy.grafana.render`; takes two minutes, needs what the demo needs and Debian's `prometheus`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.grafana import panels
from deploy.grafana.boards import BOARDS
from deploy.grafana.live import Load, answers, observed, unanswered
from deploy.grafana.panels import Board, Kind, Line, Panel
from deploy.grafana.server import Prometheus, Series
from streams.ops.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dashboards.md"
LOAD = Load(users=12, days=4, history_days=60, rate=120)
WIDTH = 24  # of a line over time, in characters
ROWS_MAX = 12  # of a panel
BARS = "▁▂▃▄▅▆▇█"
HEAD = f"""# Dashboards

Made by `make boards`: the demo's processes under {LOAD.rate:g} deliveries a second of {LOAD.users} users with
{LOAD.days} days of events and {LOAD.history_days} days of history, a real Prometheus that scrapes them every second,
and every query of every panel, as Grafana would draw it. A test runs the same and fails when a query returns nothing.
The numbers are those of that run, on two busy cores. Its events come as webhooks: panels of pipelines are empty. In
Grafana each panel has the sentence that stands below its title here, and leads to the page of the
[runbook](runbook/README.md) that says what to do.

They are written in `deploy/grafana/boards`, one file a dashboard; `make dashboards` makes Grafana's JSON of it.
"""


def page(prometheus: Prometheus) -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *(line for board in BOARDS for line in _board(prometheus, board))])


def headings() -> list[str]:
    """What the page has to have, in this order: a heading for each board and each panel."""
    return [
        line for board in BOARDS for line in (f"## {board.title}", *(f"### {panel.title}" for panel in board.panels))
    ]


def _board(prometheus: Prometheus, board: Board) -> Iterator[str]:
    yield f"## {board.title}\n\n{board.says}\n"
    for panel in board.panels:
        todo = f" [What to do](runbook/{panel.runbook})." if panel.runbook else ""
        yield f"### {panel.title}\n\n{panel.says}{todo}\n"
        yield from _table(prometheus, panel)
        yield ""


def _table(prometheus: Prometheus, panel: Panel) -> Iterator[str]:
    rows = [(line, one) for line in panel.lines for one in answers(prometheus, panel, line.query)]
    is_over_time = panel.kind is Kind.TIMES
    yield "| | now | most | over the run |\n|---|---:|---:|---|" if is_over_time else "| | now |\n|---|---:|"
    for line, one in rows[:ROWS_MAX]:
        name, now = _name(line, one), shown(one.values[-1], panel.unit)
        if is_over_time:
            yield f"| {name} | {now} | {shown(max(one.values), panel.unit)} | `{spark(one.values)}` |"
        else:
            yield f"| {name} | {now} |"
    if len(rows) > ROWS_MAX:
        yield f"\n… and {len(rows) - ROWS_MAX} more."


def _name(line: Line, series: Series) -> str:
    """The legend with its labels; ports of one run are of no interest."""
    name = re.sub(r"{{(\w+)}}", lambda match: series.labels.get(match[1], ""), line.legend)
    return re.sub(r"127\.0\.0\.1:\d+", "here", name).strip()


def spark(values: list[float]) -> str:
    """A line of blocks from 0 to the greatest value, one for each part of the time."""
    parts = [values[n * len(values) // WIDTH : (n + 1) * len(values) // WIDTH] for n in range(WIDTH)]
    means = [sum(part) / len(part) for part in parts if part]
    top = max(max(means), 1e-12)
    return "".join(BARS[min(7, max(0, int(mean / top * 7.99)))] for mean in means)


def shown(value: float, unit: str) -> str:
    """A number with its unit, as a person would write it."""
    match unit:
        case "s":
            return _duration(value)
        case panels.BYTES:
            return _scaled(value, ("B", "kB", "MB", "GB", "TB"))
        case "percentunit":
            return f"{value:.1%}"
        case panels.COUNT:
            return f"{value:,.0f}"
        case panels.RECORDS_PER_S | panels.ROWS_PER_S | panels.REQUESTS_PER_S | panels.TIMES_PER_S:
            return f"{_plain(value)}/s"
        case _:
            return _plain(value)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _scaled(value: float, units: tuple[str, ...]) -> str:
    step = 0
    while abs(value) >= 1000 and step < len(units) - 1:
        value, step = value / 1000, step + 1
    return f"{value:.3g} {units[step]}"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1000:.3g} ms" if seconds else "0"


def main() -> int:
    """Exit code: 0 when every query returned something."""
    with (
        TemporaryDirectory(prefix="junction-boards-") as folder,
        observed(Settings(), Path(folder), LOAD) as prometheus,
    ):
        missing = unanswered(prometheus)
        PAGE.write_text(page(prometheus), encoding="utf-8")
    for line in missing:
        print(f"nothing for {line}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
