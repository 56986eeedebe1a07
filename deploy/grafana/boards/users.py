"""Connections, histories, freshness, and how Junction's API answers."""

from deploy.grafana.panels import Board, Kind, Line, Panel
from deploy.grafana.queries import halves, increase, quantile, quantile_now, rate, share_within

_LINKS = (
    Panel(
        "Connections",
        "Users' links to providers, as the tables say. Error: only the user can mend it, by connecting again.",
        "short",
        (Line("{{status}}", "sum by (status) (junction_connections)"),),
        runbook="freshness.md",
    ),
    Panel(
        "Connections in error, share",
        "Of all links to a provider. A provider that stands out has a problem of its own.",
        "percentunit",
        (
            Line(
                "{{provider}}",
                'sum by (provider) (junction_connections{status="error"}) / sum by (provider) (junction_connections)',
            ),
        ),
        Kind.BARS,
        warn=0.1,
        bad=0.3,
        runbook="freshness.md",
        top=1,
    ),
    Panel(
        "Histories",
        "What became of each history that Junction announced or we asked for. Complete, empty and not_expected are "
        "ends; queued and fetching pass; failed stays.",
        "short",
        (Line("{{status}}", "sum by (status) (junction_backfills)"),),
        runbook="fetcher.md",
        is_stacked=True,
    ),
)

_FRESH = (
    Panel(
        "Freshness of the slowest 1 %, by provider",
        "99 of 100 users with a living connection have something newer than this. It rises by an hour an hour when a "
        "provider is silent.",
        "s",
        (Line("{{provider}}", quantile_now(0.99, "junction_user_freshness_seconds", "provider")),),
        runbook="freshness.md",
    ),
    Panel(
        "Users with data of the last day, by provider",
        "Of users whose connection is not in error. A fall of one provider is its outage, or an end of its webhooks.",
        "percentunit",
        (Line("{{provider}}", share_within("junction_user_freshness_seconds", "86400.0", "provider")),),
        warn=0.8,
        bad=0.5,
        runbook="freshness.md",
        top=1,
    ),
    Panel(
        "Freshness of the slowest 1 %, by resource",
        "The ten resources whose data are oldest. Rare things are old by nature: a workout, a profile.",
        "s",
        (Line("{{resource}}", f"topk(10, {quantile_now(0.99, 'junction_freshness_seconds', 'resource')})"),),
        Kind.BARS,
        runbook="freshness.md",
    ),
)

_FETCHER = (
    Panel(
        "Calls of Junction's API",
        "Tries a second by outcome. Ok and missing are answers; rate_limited is Junction's wish to go slower; "
        "unauthorized is a wrong key.",
        "reqps",
        (Line("{{outcome}}", rate("junction_api_calls_total", "outcome")),),
        runbook="fetcher.md",
    ),
    Panel(
        "Time of a call",
        "From request to the whole answer, p99 by endpoint.",
        "s",
        (Line("{{endpoint}}", quantile(0.99, "junction_api_seconds", "endpoint")),),
        warn=10,
        bad=30,
        runbook="fetcher.md",
    ),
    Panel(
        "Pages for histories",
        "Pages asked for, by kind and outcome, in the last hour; calls that are under way, and jobs that are not over.",
        "short",
        (
            Line("{{kind}} {{outcome}}", increase("junction_fetch_calls_total", "1h", "kind", "outcome")),
            Line("under way", "sum(junction_fetch_calls_now)"),
            Line("jobs {{state}}", "sum by (state) (junction_fetch_open_jobs)"),
        ),
        runbook="fetcher.md",
    ),
    Panel(
        "Time of a page",
        "Retries and waiting for our turn included. Pages of long spans take seconds.",
        "s",
        halves("junction_fetch_call_seconds"),
        runbook="fetcher.md",
    ),
    Panel(
        "Rows fetched",
        "Summaries and samples a second that histories brought, the ten busiest resources.",
        "cps",
        (Line("{{resource}}", f"topk(10, {rate('junction_fetch_rows_total', 'resource')})"),),
        runbook="fetcher.md",
        is_stacked=True,
    ),
    Panel(
        "Reconciliation",
        "Resources of users by verdict, when they were last compared with Junction, once a day. Complete, no_data, "
        "pulling, fetching and not_pulled are good.",
        "short",
        (Line("{{verdict}}", "max by (verdict) (junction_reconciled_resources)"),),
        Kind.BARS,
        runbook="fetcher.md",
    ),
)

BOARD = Board(
    "users",
    "Users and providers",
    "Connections, histories, freshness, and how Junction's API answers.",
    _LINKS + _FRESH + _FETCHER,
    span="24h",
)
