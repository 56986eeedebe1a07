"""What every panel of a dashboard shows at a moment of a run that Prometheus has kept."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from deploy.grafana import server
from deploy.grafana.live import INTERVAL
from deploy.grafana.queries import filled
from deploy.grafana.server import Prometheus
from deploy.grafana.shots.moments import FILE

POINTS = 240  # about what Grafana asks for a panel of a third of a screen


class Moment(NamedTuple):
    """What is shown, in Unix seconds: all from the start to then."""

    name: str
    from_s: float
    to_s: float

    @property
    def step_s(self) -> float:
        """Between two points of a line."""
        return max(1.0, (self.to_s - self.from_s) / POINTS)


class Shot(NamedTuple):
    """`answers`: what Prometheus has for "panel id/query letter"."""

    moment: Moment
    dashboard: dict[str, Any]
    answers: dict[str, list[dict[str, Any]]]

    @property
    def name(self) -> str:
        """Of its picture: `overview-load`."""
        return f"{self.dashboard['uid'].removeprefix('junction-')}-{self.moment.name}"


def shots(run: Path, written: Path, boards: Collection[str], moments: Collection[str]) -> Iterator[Shot]:
    """Each dashboard of the folder `written` at each moment."""
    times: dict[str, float] = json.loads((run / FILE).read_text())
    with server.running(run / "prometheus", {}) as prometheus:
        for moment in moments:
            for board in boards:
                dashboard = json.loads((written / f"{board}.json").read_text(encoding="utf-8"))
                yield _shot(prometheus, dashboard, Moment(moment, times["began"], times[moment]))


def _shot(prometheus: Prometheus, dashboard: dict[str, Any], moment: Moment) -> Shot:
    answers = {
        f"{panel['id']}/{target['refId']}": _answer(prometheus, target, moment)
        for panel in dashboard["panels"]
        for target in panel["targets"]
    }
    return Shot(moment, dashboard, answers)


def _answer(prometheus: Prometheus, target: dict[str, Any], moment: Moment) -> list[dict[str, Any]]:
    query = filled(target["expr"], INTERVAL, f"{moment.to_s - moment.from_s:.0f}s")
    if not target.get("range"):
        return prometheus.ask("query", query=query, time=moment.to_s)
    return prometheus.ask("query_range", query=query, start=moment.from_s, end=moment.to_s, step=moment.step_s)
