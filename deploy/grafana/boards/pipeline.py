"""From the raw topics into the clean ones: how far behind, how quick, and what holds it up."""

from deploy.grafana import colours
from deploy.grafana.panels import BYTES, COUNT, RATIO, RECORDS_PER_S, TIMES_PER_S, Board, Kind, Line, Panel
from deploy.grafana.queries import busiest_rate, greatest, halves, increase, mean, of_topic, rate

_BEHIND = (
    Panel(
        "Lag, seconds",
        "Age of the oldest record that is not processed, by topic. Rising in a straight line: nothing moves.",
        "s",
        (Line("{{topic}}", of_topic(greatest("max", "junction_engine_lag_seconds", "topic"))),),
        warn=10,
        bad=60,
        runbook="worker-not-progressing.md",
    ),
    Panel(
        "Lag, records",
        "How many records wait, by topic. A hill that goes down again is a burst; a slope is too few workers.",
        COUNT,
        (Line("{{topic}}", of_topic(greatest("sum", "junction_engine_lag_records", "topic"))),),
        runbook="worker-not-progressing.md",
        is_stacked=True,
    ),
    Panel(
        "Oldest uncommitted transaction",
        "A tenth of a second is usual. Many seconds: Kafka does not answer, or a fold does not return.",
        "s",
        (Line("{{instance}}", "junction_engine_uncommitted_seconds"),),
        warn=5,
        bad=30,
        runbook="stalled-partition.md",
    ),
    Panel(
        "From receipt to commit",
        "From our door to the commit, by how much of all. A flood makes p99 long and leaves the median.",
        "s",
        halves("junction_end_to_end_seconds"),
        warn=10,
        bad=60,
        runbook="worker-not-progressing.md",
    ),
    Panel(
        "From creation to commit",
        "From the event's creation at Junction to the commit. Longer than the panel before by what Junction's retries "
        "and the way to us took.",
        "s",
        halves("junction_creation_to_commit_seconds"),
        runbook="freshness.md",
    ),
    Panel(
        "Clean records",
        "Records a second that were committed to the clean topics, the eight busiest of them.",
        RECORDS_PER_S,
        (Line("{{topic}}", of_topic(busiest_rate("junction_clean_records_total", "topic"))),),
        is_stacked=True,
    ),
)

_ENGINE = (
    Panel(
        "Transactions",
        "Some a second under load, none while nothing comes. What was aborted has not happened, and is done again.",
        TIMES_PER_S,
        (Line("{{outcome}}", rate("junction_engine_transactions_total", "outcome")),),
        colours=colours.TRANSACTIONS,
        runbook="worker-not-progressing.md",
    ),
    Panel(
        "Aborts and holes, an hour",
        "Aborts by cause. Group: a worker came or went. Broker: Kafka was away. Other: look at the log. A hole is a "
        "slice that was dropped because it began after the cursor, and read again: after a rebalance, a few.",
        COUNT,
        (
            Line("{{cause}}", increase("junction_engine_aborts_total", "1h", "cause")),
            Line("holes", increase("junction_engine_holes_total", "1h"), colours.PURPLE),
        ),
        colours=colours.ABORTS,
        warn=10,
        runbook="worker-not-progressing.md",
    ),
    Panel(
        "Time of a transaction",
        "From its first record to the commit's return. About a tenth of a second; the rest is Kafka's.",
        "s",
        halves("junction_engine_transaction_seconds"),
        warn=1,
        bad=10,
        runbook="worker-not-progressing.md",
    ),
    Panel(
        "Size of a transaction",
        "Source records in one: they grow with the load. Partitions that it wrote to.",
        COUNT,
        (
            Line("records", mean("junction_engine_transaction_records"), colours.BLUE),
            Line("partitions", mean("junction_engine_transaction_partitions"), colours.PURPLE),
        ),
    ),
    Panel(
        "Partitions",
        "Source partitions of each worker; together all of them, evenly. Stalled: records wait and nothing moves.",
        COUNT,
        (
            Line("{{job}} {{instance}}", 'junction_engine_assigned_partitions{job=~"worker|fetcher"}'),
            Line("stalled", "sum(junction_engine_stalled_partitions)", colours.RED),
        ),
        runbook="stalled-partition.md",
    ),
    Panel(
        "Processor",
        "Cores that each worker and fetcher uses. A worker does its folds on one.",
        RATIO,
        (Line("{{job}} {{instance}}", 'rate(process_cpu_seconds_total{job=~"worker|fetcher"}[$__rate_interval])'),),
        runbook="worker-not-progressing.md",
    ),
)

_STATE = (
    Panel(
        "State on disk",
        "Size of the tables of all workers. Grows with users and with hours of samples; what is old is forgotten "
        "after 90 days.",
        BYTES,
        (Line("{{table}}", "sum by (table) (junction_engine_state_bytes)"),),
        runbook="disk-full.md",
        is_stacked=True,
        width=6,
    ),
    Panel(
        "Free disk",
        "Of the file system with the tables, each worker. Kafka's disk is Kafka's: watch it there.",
        BYTES,
        (Line("{{job}} {{instance}}", 'junction_engine_disk_free_bytes{job=~"worker|fetcher"}'),),
        Kind.NUMBER,
        warn=10e9,
        bad=2e9,
        runbook="disk-full.md",
        width=6,
    ),
    Panel(
        "Restore",
        "Changelog records that a new owner still has to read back; until it is done its partitions wait. And how many "
        "were read in the last hour.",
        COUNT,
        (
            Line("left: {{table}}", "sum by (table) (junction_engine_restore_left_records)"),
            Line("read", increase("junction_engine_restored_records_total", "1h"), colours.BLUE),
        ),
        runbook="worker-not-progressing.md",
        width=6,
    ),
    Panel(
        "Memory",
        "Of each worker and fetcher. A slope that does not end: tell us, and start it anew.",
        BYTES,
        (Line("{{job}} {{instance}}", 'process_resident_memory_bytes{job=~"worker|fetcher"}'),),
        runbook="worker-not-progressing.md",
        width=6,
    ),
)

BOARD = Board(
    "pipeline",
    "Pipeline",
    "From the raw topics into the clean ones: how far behind, how quick, what holds it up.",
    _BEHIND + _ENGINE + _STATE,
)
