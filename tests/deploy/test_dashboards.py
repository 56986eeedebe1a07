"""Dashboards: written from code, complete, explained; the page that shows them has them all."""

import json
import re
from typing import Any

import promql_parser
import pytest

from deploy.grafana import build, render
from deploy.grafana.boards import BOARDS
from deploy.grafana.panels import Board, Kind, Panel
from deploy.grafana.unseen import UNSEEN
from docs.make import metrics
from tests.deploy.test_alerts import ROOT, parsed, selectors

PANELS = [(board, panel) for board in BOARDS for panel in board.panels]
every_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)


@every_board
def test_the_written_dashboards_are_current(board: Board) -> None:
    """Each file is what `make dashboards` writes."""
    assert (build.FOLDER / f"{board.name}.json").read_text(encoding="utf-8") == build.text(board)


def test_no_dashboard_is_left_over() -> None:
    """A file without a board would go on being shown."""
    assert {path.stem for path in build.FOLDER.glob("*.json")} == {board.name for board in BOARDS}


def test_every_metric_is_on_a_dashboard_or_says_why_not() -> None:
    """What nobody can see nobody misses when it breaks."""
    shown = {selector.name for _, panel in PANELS for line in panel.lines for selector in selectors(parsed(line.query))}
    missing = {metric.name for metric in metrics.declared() if not shown & set(metric.series)}
    assert missing == set(UNSEEN)
    assert all(reason.endswith(".") for reason in UNSEEN.values())


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda value: getattr(value, "title", ""))
def test_a_panel_explains_itself(board: Board, panel: Panel) -> None:
    """A sentence on how to read it, a page that exists, few lines; legends name labels that the query leaves."""
    assert len(panel.says) > 40
    assert panel.says.endswith(".")
    assert not panel.runbook or (ROOT / "docs/runbook" / panel.runbook).is_file()
    assert 1 <= len(panel.lines) <= 7
    for line in panel.lines:
        promql_parser.parse(line.query.replace("$__rate_interval", "5m"))
        named = set(re.findall(r"{{(\w+)}}", line.legend))
        assert all(label in line.query or label == "instance" for label in named)


@every_board
def test_a_dashboard_is_small_and_whole(board: Board) -> None:
    """Few panels, in full rows; nothing above or beside the grid."""
    assert len(board.panels) <= 16
    panels: list[dict[str, Any]] = json.loads(build.text(board))["panels"]
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23
    assert {panel["datasource"]["uid"] for panel in panels} == {"prometheus"}


def test_colours_go_the_right_way() -> None:
    """Where less is worse, the least is red; where more is worse, the most."""

    def steps(warn: float, bad: float) -> list[tuple[float | None, str]]:
        panel = Panel("t", "s", "s", (), Kind.NUMBER, warn=warn, bad=bad)
        return [(step.value, step.color) for step in build._thresholds(panel).build().steps]

    assert steps(10, 60) == [(None, "green"), (10, "yellow"), (60, "red")]
    assert steps(0.8, 0.5) == [(None, "red"), (0.5, "yellow"), (0.8, "green")]


def test_the_page_shows_every_panel() -> None:
    """docs/dashboards.md has a heading for each board and panel, in their order: `make boards` makes it."""
    found = [line for line in render.PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("##")]
    assert found == render.headings()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (90, "s", "1.5 min"),
        (2_500_000, "bytes", "2.5 MB"),
        (0.123, "percentunit", "12.3%"),
        (3, "reqps", "3/s"),
        (1234567, "short", "1,234,567"),
    ],
)
def test_numbers_are_written_as_people_do(value: float, unit: str, text: str) -> None:
    """With their unit, in three figures."""
    assert render.shown(value, unit) == text


def test_a_line_over_time_has_one_width() -> None:
    """From nothing to the greatest; never longer than the page allows."""
    assert render.spark([0.0, 0, 1, 1, 2, 2]) == "▁▁▄▄██"
    assert len(render.spark(list(map(float, range(500))))) == render.WIDTH
