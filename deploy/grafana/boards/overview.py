"""Is it healthy, are the data fresh, what has changed today."""

from deploy.grafana import colours
from deploy.grafana.panels import COUNT, RATIO, RECORDS_PER_S, REQUESTS_PER_S, Board, Kind, Line, Panel
from deploy.grafana.queries import burn, firing, halves, increase, quantile_now, rate, share_within, since_yesterday

_HEALTHY = (
    Panel(
        "Processes that answer",
        "Gateways, workers and the others that Prometheus reaches, of those that have been there within a week. Red: "
        "none of its kind is.",
        COUNT,
        (Line("{{job}}", "sum by (job) (up) and on (job) max by (job) (max_over_time(up[7d])) > 0"),),
        Kind.NUMBER,
        warn=1,
        bad=0.5,
        runbook="worker-not-progressing.md",
        width=6,
    ),
    Panel(
        "Operations alerts firing",
        "What Prometheus warns of now; the dashboard Alerts names it. Page: somebody gets up. Ticket: tomorrow.",
        COUNT,
        (
            Line("page", f"{firing('page')} or vector(0)", bad=1),
            Line("ticket", f"{firing('ticket')} or vector(0)", warn=1),
        ),
        Kind.NUMBER,
        runbook="README.md",
        width=4,
    ),
    Panel(
        "Oldest event not committed",
        "Age of the oldest accepted event that is not in the clean topics. Below a second is usual; above a minute "
        "consumers see old data. No data: no worker tells.",
        "s",
        (Line("age", 'max(junction_engine_lag_seconds{job="worker"})'),),
        Kind.NUMBER,
        warn=10,
        bad=60,
        runbook="worker-not-progressing.md",
        width=5,
    ),
    Panel(
        "Error budget burning",
        "1: failures use up the month's budget (0.1 % of the webhooks) in a month. 14: in two days, and somebody is "
        "called. Junction comes again, so nothing is lost yet.",
        RATIO,
        (Line("last hour", burn("1h")),),
        Kind.NUMBER,
        warn=1,
        bad=14,
        runbook="gateway-503.md",
        width=5,
    ),
    Panel(
        "Partitions that stand still",
        "Records wait in them and nothing moves; the worker's log says which and where. No data: no worker tells.",
        COUNT,
        (Line("stalled", 'sum(junction_engine_stalled_partitions{job="worker"})'),),
        Kind.NUMBER,
        bad=1,
        runbook="stalled-partition.md",
        width=4,
    ),
    Panel(
        "Webhooks by answer",
        "Accepted is 204 and safe in Kafka. Unavailable, busy, overload and error are 503: Junction tries again for 27 "
        "hours. Refused is 401: a stranger, or a wrong secret.",
        REQUESTS_PER_S,
        (Line("{{outcome}}", rate("junction_gateway_requests_total", "outcome")),),
        runbook="401-storm.md",
        colours=colours.REPLIES,
    ),
    Panel(
        "From receipt to commit",
        "How long an event takes from our door into the clean topics. The median says what is usual, p99 what a queue "
        "does to the last ones.",
        "s",
        halves("junction_end_to_end_seconds"),
        warn=10,
        bad=60,
        runbook="worker-not-progressing.md",
    ),
    Panel(
        "Clean records",
        "What consumers get: records committed to the clean topics. Falls to nothing only when nothing comes in.",
        RECORDS_PER_S,
        (Line("records", rate("junction_clean_records_total"), colours.GREEN),),
        runbook="worker-not-progressing.md",
    ),
)

_FRESH = (
    Panel(
        "Users with data of the last day",
        "Of all users whose connection is not in error. Some silence is normal; a fall is not.",
        "percentunit",
        (Line("share", share_within("junction_user_freshness_seconds", "86400.0")),),
        Kind.NUMBER,
        warn=0.8,
        bad=0.5,
        runbook="freshness.md",
        width=6,
    ),
    Panel(
        "Age of the newest data",
        "Half of the users have something newer than the median; one in a hundred nothing newer than p99.",
        "s",
        (
            Line("median", quantile_now(0.5, "junction_user_freshness_seconds")),
            Line("p99", quantile_now(0.99, "junction_user_freshness_seconds")),
        ),
        Kind.NUMBER,
        runbook="freshness.md",
        width=6,
    ),
    Panel(
        "Connections",
        "Users' links to providers as the tables say: connected, in error (the user has to connect again), or implied "
        "by data that came without an announcement.",
        COUNT,
        (Line("{{status}}", "sum by (status) (junction_connections)"),),
        Kind.NUMBER,
        width=6,
    ),
    Panel(
        "Connections, change since yesterday",
        "More errors than usual: a provider has a bad day, or has ended its users' sessions.",
        COUNT,
        (Line("{{status}}", since_yesterday("junction_connections", "status")),),
        Kind.NUMBER,
        width=6,
    ),
)

_TODAY = (
    Panel(
        "Last 24 hours",
        "What came, what was made of it, and what was odd. New: keys never seen. Conflicts: one version with two "
        "contents. Drift: not as Junction documents it.",
        COUNT,
        (
            Line("webhooks", increase('junction_gateway_requests_total{outcome!="probe"}', "1d")),
            Line("new", increase('junction_verdicts_total{verdict="NEW"}', "1d")),
            Line("changed", increase('junction_verdicts_total{verdict="CHANGED"}', "1d")),
            Line("conflicts", f"{increase('junction_conflicts_total', '1d')} or vector(0)"),
            Line("dead letters", increase("junction_dead_letters_total", "1d"), bad=1),
            Line("drift", increase("junction_drift_total", "1d"), warn=1),
            Line("data alerts", f"{increase('junction_alerts_opened_total', '1d')} or vector(0)"),
        ),
        Kind.NUMBER,
        width=16,
    ),
    Panel(
        "Processes started in 24 hours",
        "A deployment, or something that falls over and comes again.",
        COUNT,
        (Line("{{job}}", "count by (job) (time() - process_start_time_seconds < 86400)"),),
        Kind.NUMBER,
        runbook="worker-not-progressing.md",
    ),
)

BOARD = Board(
    "overview",
    "Overview",
    "Is it healthy, are the data fresh, what has changed today.",
    _HEALTHY + _FRESH + _TODAY,
)
