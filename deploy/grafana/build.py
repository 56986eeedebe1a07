"""Panels and boards as Grafana's JSON, by its Foundation SDK."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BarGaugeNamePlacement,
    BarGaugeSizing,
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
)

from deploy.grafana import fields
from deploy.grafana.boards import BOARDS
from deploy.grafana.colours import BLUE, NEUTRAL
from deploy.grafana.panels import BYTES, COUNT, Board, Kind, Panel

FOLDER = Path(__file__).parent / "dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
RUNBOOK = "/public/runbook/"  # compose mounts docs/runbook among the files that Grafana serves
# How far an axis goes at least: where everything is 0 it would end at 100.
AXIS: Mapping[str, float] = {"s": 0.01, BYTES: 1000, COUNT: 4}
_NUMBER_TEXT, _NAME_TEXT = 34, 14  # pixels; else each panel has another size


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
    high = [(panel, max(one.height for one in row)) for row in board.rows for panel in row]
    for number, (panel, height) in enumerate(high, start=1):
        built = built.with_panel(_panel(panel).id(number).span(panel.width).height(height))
    return built


def _link(title: str, url: str) -> dashboard.DashboardLink:
    return dashboard.DashboardLink(title).type(DashboardLinkType.LINK).url(url)


def _panel(panel: Panel) -> Any:
    """A builder; the SDK's have no type in common."""
    built = _MAKE[panel.kind](panel).title(panel.title).description(panel.says).unit(panel.unit).datasource(SOURCE)
    built = built.no_value(fields.EMPTY).mappings(fields.mappings(panel))
    lowest = BLUE if panel.kind is Kind.BARS else NEUTRAL
    built = built.thresholds(fields.thresholds(panel.warn, panel.bad, lowest))
    if panel.unit == COUNT:
        built = built.decimals(0)
    if panel.kind is not Kind.NUMBER:
        built = built.min(0)
    if panel.top is not None:
        built = built.max(panel.top)
    if panel.runbook:
        built = built.links([_link("What to do", RUNBOOK + panel.runbook).target_blank(True)])
    for matcher, properties in fields.overrides(panel):
        built = built.with_override(matcher, properties)
    for number, line in enumerate(panel.lines):
        built = built.with_target(_query(line.query, line.legend, chr(ord("A") + number), panel.kind))
    return built


def _query(query: str, legend: str, name: str, kind: Kind) -> prometheus.Dataquery:
    built = prometheus.Dataquery().expr(query).legend_format(legend).ref_id(name)
    return built.range() if kind is Kind.TIMES else built.instant()


def _times(panel: Panel) -> timeseries.Panel:
    built = timeseries.Panel().line_width(1).span_nulls(False).axis_soft_max(AXIS.get(panel.unit, 1))
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
    names = len(panel.lines) > 1 or "{{" in panel.lines[0].legend
    built = stat.Panel().wide_layout(False).graph_mode(BigValueGraphMode.NONE).reduce_options(_newest())
    built = built.text_mode(BigValueTextMode.VALUE_AND_NAME if names else BigValueTextMode.VALUE)
    return built.text(common.VizTextDisplayOptions().value_size(_NUMBER_TEXT).title_size(_NAME_TEXT))


def _bars(panel: Panel) -> bargauge.Panel:
    built = bargauge.Panel().orientation(VizOrientation.HORIZONTAL).reduce_options(_newest())
    built = built.name_placement(BarGaugeNamePlacement.LEFT)
    return built.sizing(BarGaugeSizing.MANUAL).min_viz_height(8).max_viz_height(24)


def _newest() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])


_MAKE: Mapping[Kind, Callable[[Panel], Any]] = {Kind.TIMES: _times, Kind.NUMBER: _number, Kind.BARS: _bars}


def loaded(name: str) -> dict[str, Any]:
    """A written dashboard."""
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return read
