"""From the clean topics into databases: how far behind, what sets the pace, what could not be written."""

from deploy.grafana import colours
from deploy.grafana.panels import COUNT, RATIO, ROWS_PER_S, TIMES_PER_S, Board, Kind, Line, Panel
from deploy.grafana.queries import busiest_rate, greatest, increase, of_topic, rate

_PANELS = (
    Panel(
        "Database answers",
        "Whether every process that writes reaches its database. While one does not it waits, and nothing is lost.",
        COUNT,
        (Line("database answers", "min(junction_sink_ready)"),),
        Kind.NUMBER,
        warn=1,
        bad=0.5,
        runbook="sink.md",
        words={0: "no", 1: "yes"},
    ),
    Panel(
        "Records that could not be written, a day",
        "Those that the database cannot hold; `sink rejects` lists them.",
        COUNT,
        (Line("rejects", f"{increase('junction_sink_rejects_total', '1d')} or vector(0)"),),
        Kind.NUMBER,
        bad=1,
        runbook="sink.md",
    ),
    Panel(
        "Newest row of the topic that is most behind",
        "Its age, while there are later records. 0: everything is written.",
        "s",
        (Line("age", "max(junction_sink_lag_seconds)"),),
        Kind.NUMBER,
        warn=60,
        bad=600,
        runbook="sink.md",
    ),
    Panel(
        "Age of the newest row",
        "Of a topic that has more, the oldest eight. 0: everything is written.",
        "s",
        (Line("{{topic}}", of_topic(greatest("max", "junction_sink_lag_seconds", "topic"))),),
        warn=60,
        bad=600,
        runbook="sink.md",
    ),
    Panel(
        "Offsets to write",
        "How far the eight longest topics go beyond the database. A hill is a burst, or a sink that catches up.",
        COUNT,
        (Line("{{topic}}", of_topic(greatest("sum", "junction_sink_lag_records", "topic"))),),
        runbook="sink.md",
        is_stacked=True,
    ),
    Panel(
        "Rows",
        "Rows a second that were committed, the eight busiest topics. A sample is a row.",
        ROWS_PER_S,
        (Line("{{topic}}", of_topic(busiest_rate("junction_sink_rows_total", "topic"))),),
        is_stacked=True,
    ),
    Panel(
        "Where the time goes",
        "Seconds of each second, all processes together. Much wait: it has time. Much write: the database sets the "
        "pace; a process more helps only while it is not busy.",
        RATIO,
        (Line("{{step}}", rate("junction_sink_seconds_total", "step")),),
        colours=colours.STEPS,
        runbook="sink.md",
        is_stacked=True,
        width=12,
    ),
    Panel(
        "Batches",
        "Transactions a second. Fenced: somebody else had moved a position, after a rebalance or `sink rebuild`; never "
        "for long.",
        TIMES_PER_S,
        (Line("{{outcome}}", rate("junction_sink_batches_total", "outcome")),),
        colours=colours.BATCHES,
        width=12,
        runbook="sink.md",
    ),
)

BOARD = Board(
    "sinks",
    "Sinks",
    "From the clean topics into tables: how far behind, what sets the pace, what could not be written.",
    _PANELS,
)
