"""Panels and boards as Grafana's JSON, by its Foundation SDK."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    BigValueTextMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
)

from deploy.grafana.boards import BOARDS
from deploy.grafana.panels import Board, Kind, Panel

FOLDER = Path(__file__).parent / "dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
RUNBOOK = "/public/runbook/"  # compose mounts docs/runbook among the files that Grafana serves
EMPTY = "nothing yet"
GREEN, YELLOW, RED = "green", "yellow", "red"


def text(board: Board) -> str:
    """What a board's file has to hold."""
    return JSONEncoder(sort_keys=True, indent=1).encode(_dashboard(board).build()) + "\n"


def write() -> list[Path]:
    """Write every file, and remove those of boards that are gone."""
    wanted = {FOLDER / f"{board.name}.json": text(board) for board in BOARDS}
    for path in set(FOLDER.glob("*.json")) - wanted.keys():
        path.unlink()
    for path, content in wanted.items():
        path.write_text(content, encoding="utf-8")
    return sorted(wanted)


def _dashboard(board: Board) -> dashboard.Dashboard:
    built = (
        dashboard.Dashboard(f"junction-streams: {board.title}")
        .uid(board.uid)
        .description(board.says)
        .tags(["junction-streams"])
        .readonly()
        .refresh("10s")
        .time(f"now-{board.span}", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
    )
    for other in BOARDS:
        built = built.link(_link(other.title, f"/d/{other.uid}").keep_time(True))
    built = built.link(_link("Runbook", f"{RUNBOOK}README.md").target_blank(True))
    for number, panel in enumerate(board.panels, start=1):
        built = built.with_panel(_panel(panel).id(number))
    return built


def _link(title: str, url: str) -> dashboard.DashboardLink:
    return dashboard.DashboardLink(title).type(DashboardLinkType.LINK).url(url)


def _panel(panel: Panel) -> Any:
    """A builder; the SDK's have no type in common."""
    built = _MAKE[panel.kind](panel).title(panel.title).description(panel.says).unit(panel.unit).datasource(SOURCE)
    built = built.span(panel.width).height(panel.height).no_value(EMPTY).thresholds(_thresholds(panel))
    if panel.unit != "short" or panel.kind is not Kind.NUMBER:
        built = built.min(0)
    if panel.top is not None:
        built = built.max(panel.top)
    if panel.runbook:
        built = built.links([_link("What to do", RUNBOOK + panel.runbook).target_blank(True)])
    for number, line in enumerate(panel.lines):
        built = built.with_target(_query(line.query, line.legend, chr(ord("A") + number), panel.kind))
    return built


def _query(query: str, legend: str, name: str, kind: Kind) -> prometheus.Dataquery:
    built = prometheus.Dataquery().expr(query).legend_format(legend).ref_id(name)
    return built.range() if kind is Kind.TIMES else built.instant()


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    warn, bad = panel.warn, panel.bad
    is_falling = warn is not None and bad is not None and bad < warn
    steps = [Threshold(None, RED if is_falling else GREEN)]
    if is_falling:
        steps += [Threshold(bad, YELLOW), Threshold(warn, GREEN)]
    else:
        steps += [Threshold(value, colour) for value, colour in ((warn, YELLOW), (bad, RED)) if value is not None]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _times(panel: Panel) -> timeseries.Panel:
    built = timeseries.Panel().fill_opacity(10).line_width(1).span_nulls(60_000.0)
    built = built.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    built = built.legend(legend.show_legend(True))
    if panel.is_stacked:
        return built.fill_opacity(40).stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    if panel.warn is not None or panel.bad is not None:
        style = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        return built.thresholds_style(style)
    return built


def _number(panel: Panel) -> stat.Panel:
    names = BigValueTextMode.VALUE_AND_NAME if len(panel.lines) > 1 or "{{" in panel.lines[0].legend else None
    built = stat.Panel().graph_mode(BigValueGraphMode.NONE).text_mode(names or BigValueTextMode.VALUE)
    return built.reduce_options(_newest())


def _bars(panel: Panel) -> bargauge.Panel:
    return bargauge.Panel().orientation(VizOrientation.HORIZONTAL).reduce_options(_newest())


def _newest() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])


_MAKE: Mapping[Kind, Callable[[Panel], Any]] = {Kind.TIMES: _times, Kind.NUMBER: _number, Kind.BARS: _bars}


def loaded(name: str) -> dict[str, Any]:
    """A written dashboard."""
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return read
