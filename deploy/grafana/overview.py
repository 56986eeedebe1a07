"""Writes the Overview dashboard: `python deploy/grafana/overview.py`. A table of panels is easier to read than JSON.

Queries name only metrics of `streams/metrics.py`; a test keeps that and the written file current.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).parent / "dashboards" / "overview.json"
WIDTH, HEIGHT = 8, 7  # of Grafana's 24 columns: three panels a row


class Panel(NamedTuple):
    """One graph: Grafana's unit name, then (legend, query) of each line."""

    title: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    says: str = ""


def _rate(metric: str, *by: str) -> str:
    return f"sum by ({', '.join(by)}) (rate({metric}[$__rate_interval]))"


def _quantiles(metric: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"p{quantile:g}", f"histogram_quantile({quantile / 100:g}, {_rate(f'{metric}_bucket', 'le')})")
        for quantile in (50, 99)
    )


PANELS = (
    Panel("Webhooks by answer", "reqps", (("{{outcome}}", _rate("junction_gateway_requests_total", "outcome")),)),
    Panel("Time to answer", "s", _quantiles("junction_gateway_request_seconds"), "Junction gives up after 15 s."),
    Panel("Records on Kafka", "cps", (("{{topic}}", _rate("junction_gateway_published_total", "topic")),)),
    Panel("Verdicts", "cps", (("{{verdict}}", _rate("junction_verdicts_total", "verdict")),)),
    Panel("From receipt to commit", "s", _quantiles("junction_end_to_end_seconds")),
    Panel("Clean records", "cps", (("{{topic}}", _rate("junction_clean_records_total", "topic")),)),
    Panel(
        "Transactions",
        "cps",
        (
            ("{{outcome}}", _rate("junction_engine_transactions_total", "outcome")),
            ("holes", "sum(rate(junction_engine_holes_total[$__rate_interval]))"),
        ),
        "A hole is a slice dropped because it began after the cursor; it is read again.",
    ),
    Panel("Transaction time", "s", _quantiles("junction_engine_transaction_seconds")),
    Panel(
        "Partitions and restore",
        "short",
        (
            ("partitions {{instance}}", "junction_engine_assigned_partitions"),
            ("to restore {{table}}", "sum by (table) (junction_engine_restore_left_records)"),
        ),
    ),
    Panel(
        "Dead letters an hour",
        "short",
        (("{{reason}}", "sum by (reason) (increase(junction_dead_letters_total[1h]))"),),
    ),
    Panel(
        "Conflicts an hour",
        "short",
        (("{{resource}}", "sum by (resource) (increase(junction_conflicts_total[1h]))"),),
        "Same version, different content.",
    ),
    Panel(
        "Unknown event types a day",
        "short",
        (("{{event_type}}", "sum by (event_type) (increase(junction_unknown_types_total[1d]))"),),
    ),
    Panel(
        "Drift an hour",
        "short",
        (("{{kind}}", "sum by (kind) (increase(junction_drift_total[1h]))"),),
        "Findings that are not as Junction documents its events; `junction-streams drift` says where.",
    ),
)


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    place = {"x": number % 3 * WIDTH, "y": number // 3 * HEIGHT, "w": WIDTH, "h": HEIGHT}
    targets = [
        {"refId": chr(ord("A") + i), "expr": query, "legendFormat": legend}
        for i, (legend, query) in enumerate(panel.lines)
    ]
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "gridPos": place,
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def dashboard() -> dict[str, Any]:
    """The dashboard in Grafana's JSON model."""
    return {
        "uid": "junction-overview",
        "title": "junction-streams: overview",
        "schemaVersion": 39,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "panels": [_panel(i, panel) for i, panel in enumerate(PANELS)],
    }


def text() -> str:
    """What the file has to hold."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
