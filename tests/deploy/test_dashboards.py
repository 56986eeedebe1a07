"""Dashboards: written from code, complete, explained; the page that shows them has them all."""

import json
import re
from typing import Any

import pytest

from deploy.grafana import build, render
from deploy.grafana.boards import BOARDS
from deploy.grafana.panels import BYTES, COUNT, RATIO, REQUESTS_PER_S, Board, Panel
from deploy.grafana.shots import moments
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
        parsed(line.query)
        named = set(re.findall(r"{{(\w+)}}", line.legend))
        assert all(label in line.query or label == "instance" for label in named)


@every_board
def test_a_dashboard_is_small_and_whole(board: Board) -> None:
    """Few panels; rows are full, and panels of one row equally high: no hole."""
    assert len(board.panels) <= 16
    panels = written(board)
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells)) == 24 * (1 + max(y for _, y in cells))
    assert {panel["datasource"]["uid"] for panel in panels} == {"prometheus"}


def written(board: Board) -> list[dict[str, Any]]:
    """The panels as Grafana reads them."""
    panels: list[dict[str, Any]] = json.loads(build.text(board))["panels"]
    return panels


def test_the_page_shows_every_panel() -> None:
    """docs/dashboards.md has each board and panel, in their order, with its sentence: `make boards` makes it."""
    page = render.PAGE.read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("##")] == render.headings()
    assert [panel.title for _, panel in PANELS if panel.says not in page] == []


def test_there_is_a_picture_of_every_dashboard_at_every_moment() -> None:
    """docs/dashboards has them, on white under load; its page leads to each: `make board-shots` draws them."""
    folder = render.PAGE.with_name("dashboards")
    wanted = {f"{board.name}-{moment}.png" for board in BOARDS for moment in (*moments.NAMES, "load-light")}
    assert {path.name for path in folder.glob("*.png")} == wanted
    named = set(re.findall(r"\(((?:before/)?[\w-]+\.png)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert named == {str(path.relative_to(folder)) for path in folder.rglob("*.png")}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (90, "s", "1.5 min"),
        (2_500_000, BYTES, "2.5 MB"),
        (0.123, "percentunit", "12.3%"),
        (3, REQUESTS_PER_S, "3/s"),
        (1234567, COUNT, "1,234,567"),
        (3.98, COUNT, "4"),
        (0.25, RATIO, "0.25"),
    ],
)
def test_numbers_are_written_as_people_do(value: float, unit: str, text: str) -> None:
    """With their unit, in three figures."""
    assert render.shown(value, unit) == text


def test_a_line_over_time_has_one_width() -> None:
    """From nothing to the greatest; never longer than the page allows."""
    assert render.spark([0.0, 0, 1, 1, 2, 2]) == "▁▁▄▄██"
    assert len(render.spark(list(map(float, range(500))))) == render.WIDTH
