"""Medians over the rounds, and the table: a block for each load, ours beside Go with as many processes."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from io import StringIO
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.gateway.measure import Row

_KEY = ("name", "kb", "connections")
_SUMS = ("refused", "failed")
_FIGURES = [field.name for field in fields(Row) if field.name not in (*_KEY, *_SUMS)]
_LABELS = {"ours": "ours, {n} processes", "go": "Go, {n} cores", "goccy": "Go, {n} cores, quick JSON"}
_COLUMNS = {
    "requests_per_s": "req/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "p999_ms": "p99.9 ms",
    "gateway_cpu_s": "CPU-s",
    "kafka_cpu_s": "of Kafka",
    "wrk_cpu_s": "of wrk",
    "rss_peak_mb": "peak MB",
    "refused": "refused",
    "failed": "failed",
    "others_cores": "others",
}


def medians(rows: Sequence[Row]) -> list[Row]:
    """One row for each contestant and load, in the order they came; what was refused or failed is added up."""
    groups: dict[tuple[str, float, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.name, row.kb, row.connections), []).append(row)
    return [
        Row(
            *key,
            **{name: median(getattr(row, name) for row in group) for name in _FIGURES},
            **{name: sum(getattr(row, name) for row in group) for name in _SUMS},
        )
        for key, group in groups.items()
    ]


def ratios(rows: Sequence[Row]) -> dict[tuple[str, float, int], tuple[float, float]]:
    """Ours to Go's with as many processes: (rate, CPU of the gateway)."""
    known = {(row.name, row.kb, row.connections): row for row in rows}
    found = {}
    for row in rows:
        other = known.get((row.name.replace("ours", "go"), row.kb, row.connections))
        if row.name.startswith("ours") and other and other.gateway_cpu_s:
            rate = row.requests_per_s / other.requests_per_s
            found[row.name, row.kb, row.connections] = (
                round(rate, 2),
                round(row.gateway_cpu_s / other.gateway_cpu_s, 2),
            )
    return found


def as_json(rows: Sequence[Row], rounds: Sequence[Row]) -> dict[str, Any]:
    """Medians, ratios and every round."""
    found = ratios(rows)
    return {
        "gateway": [asdict(row) | _ratio_fields(found.get((row.name, row.kb, row.connections))) for row in rows],
        "rounds": [asdict(row) for row in rounds],
        "cores": psutil.cpu_count(),
    }


def _ratio_fields(found: tuple[float, float] | None) -> dict[str, float]:
    return {"rate_to_go": found[0], "cpu_to_go": found[1]} if found else {}


def label(name: str) -> str:
    """A contestant in words: `ours_1` is `ours, 1 process`."""
    kind, _, count = name.rpartition("_")
    if kind not in _LABELS:
        return name
    words = _LABELS[kind].format(n=count)
    return words if count != "1" else words.replace("processes", "process").replace("cores", "core")


def text(rows: Sequence[Row]) -> str:
    """The figures as a person reads them."""
    shown = Table(
        caption="CPU-s of gateway, Kafka and wrk per 100,000 requests; "
        f"{psutil.cpu_count()} cores, shared by all three; /Go: ours divided by Go with as many cores"
    )
    for title in ("kB", "conn.", "", *_COLUMNS.values(), "rate/Go", "CPU/Go"):
        shown.add_column(title, justify="right" if title else "left", no_wrap=True)
    found, load = ratios(rows), None
    for row in sorted(rows, key=lambda row: (row.kb, row.connections)):
        if load not in (None, (row.kb, row.connections)):
            shown.add_section()
        load = (row.kb, row.connections)
        ratio = found.get((row.name, *load))
        shown.add_row(
            f"{row.kb:g}",
            str(row.connections),
            label(row.name),
            *(_number(getattr(row, name)) for name in _COLUMNS),
            *(f"{value:.2f}" for value in ratio or ()),
        )
    out = StringIO()
    Console(file=out, width=200).print(shown)
    return out.getvalue().rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 or isinstance(value, int) else f"{value:.3g}"
