"""Writes docs/metrics.md from the declarations: `make docs`.

The page is made, never edited, so that it cannot lag behind; a test compares it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from streams.ops import metrics
from streams.ops.gauges import TableGauge, TableHistogram
from streams.ops.process import Process

PAGE = Path(__file__).resolve().parents[1] / "metrics.md"

# The declaration that begins each section, in the order of the module.
SECTIONS = {
    "REQUESTS": "Gateway",
    "VERDICTS": "Worker",
    "CONNECTIONS": "Tables, as they stand, of the partitions that a worker owns",
    "TRANSACTIONS": "Engine",
    "FETCH_CALLS": "Fetcher",
    "API_CALLS": "Junction's API",
    "ALERTS": "Alerts on data",
}

_HEAD = """# Metrics

Made by `make docs` from `streams/ops/metrics.py`; edit that.

Each process serves those that it has (column "of") on `/metrics`: the gateway on its own port, the others on
`STREAMS_METRICS_PORT`. Names end in their unit; times are in seconds, sizes in bytes. No label holds a user, a value or
anything else that a stranger could multiply: a provider that we do not know is `other`. Several processes of a kind add
up: `sum` over `instance`, or `max` where an age is told. Counters begin again with their process, which `rate` and
`increase` know; what stands in tables does not: after a restart the same figures are told again as soon as the tables
have been walked over.

A **histogram** has `_bucket`, `_sum` and `_count`, to be read through `rate`. A **distribution** is a histogram of how
things are now: `histogram_quantile(0.99, sum by (le) (..._bucket))` without `rate`; its sum and count are `_gsum` and
`_gcount`. Beside these there are the usual ones of a Python process (`process_...`, `python_...`).

What they look like: [dashboards.md](dashboards.md). What is worth a call at night: [runbook](runbook/README.md).
"""
_TABLE = "\n## {}\n\n| metric | kind | labels | of | meaning |\n|---|---|---|---|---|\n"


class Metric(NamedTuple):
    """One declaration. `variable`: its name in the module; `name`: as Prometheus has it."""

    variable: str
    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str
    processes: tuple[Process, ...]

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which Prometheus keeps it."""
        suffixes = {
            "histogram": ("_bucket", "_sum", "_count"),
            "distribution": ("_bucket", "_gsum", "_gcount"),
        }.get(self.kind, ("",))
        return tuple(self.name + suffix for suffix in suffixes)


def declared() -> Iterator[Metric]:
    """Every metric of the product, in the order of the module."""
    for variable, metric in vars(metrics).items():
        if isinstance(metric, metrics.Declared):
            family = next(iter(metric.describe()))
            kind = "distribution" if family.type == "gaugehistogram" else family.type
            told_by = tuple(process for process, told in metrics.TOLD_BY.items() if metric in told)
            name = family.name + ("_total" if family.type == "counter" else "")
            labels = metric.labels if isinstance(metric, TableGauge | TableHistogram) else metric._labelnames
            yield Metric(variable, name, kind, tuple(labels), family.documentation, told_by)


def page() -> str:
    """The whole page as Markdown."""
    text = _HEAD
    for metric in declared():
        if metric.variable in SECTIONS:
            text += _TABLE.format(SECTIONS[metric.variable])
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        processes = ", ".join(metric.processes)
        text += f"| `{metric.name}` | {metric.kind} | {labels} | {processes} | {metric.meaning} |\n"
    return text
