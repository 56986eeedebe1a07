"""From the clean topics into databases: how far behind, what sets the pace, what could not be written."""

from deploy.grafana.panels import Board, Kind, Line, Panel
from deploy.grafana.queries import increase, rate

_PANELS = (
    Panel(
        "Age of the newest row",
        "Of a topic that has more, the ten oldest. 0: everything is written.",
        "s",
        (Line("{{topic}}", "topk(10, max by (topic) (junction_sink_lag_seconds))"),),
        warn=60,
        bad=600,
        runbook="sink.md",
    ),
    Panel(
        "Offsets to write",
        "How far the ten longest topics go beyond the database. A hill is a burst, or a sink that catches up.",
        "short",
        (Line("{{topic}}", "topk(10, sum by (topic) (junction_sink_lag_records))"),),
        runbook="sink.md",
        is_stacked=True,
    ),
    Panel(
        "Rows",
        "Rows a second that were committed, the ten busiest topics. A sample is a row.",
        "cps",
        (Line("{{topic}}", f"topk(10, {rate('junction_sink_rows_total', 'topic')})"),),
        is_stacked=True,
    ),
    Panel(
        "Where the time goes",
        "Seconds of each second, all processes together. Much wait: it has time. Much write: the database sets the "
        "pace; a process more helps only while it is not busy.",
        "short",
        (Line("{{step}}", rate("junction_sink_seconds_total", "step")),),
        runbook="sink.md",
        is_stacked=True,
    ),
    Panel(
        "Batches",
        "Transactions a second. Fenced: somebody else had moved a position, after a rebalance or `sink rebuild`; never "
        "for long.",
        "cps",
        (Line("{{outcome}}", rate("junction_sink_batches_total", "outcome")),),
        runbook="sink.md",
    ),
    Panel(
        "Database and rejects",
        "1: every process reaches its database. Rejects: records of a day that it cannot hold; `sink rejects` lists "
        "them.",
        "short",
        (
            Line("database answers", "min(junction_sink_ready)"),
            Line("rejects", f"{increase('junction_sink_rejects_total', '1d')} or vector(0)"),
        ),
        Kind.NUMBER,
        runbook="sink.md",
    ),
)

BOARD = Board(
    "sinks",
    "Sinks",
    "From the clean topics into tables: how far behind, what sets the pace, what could not be written.",
    _PANELS,
)
