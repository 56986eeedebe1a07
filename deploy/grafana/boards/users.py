"""Connections, histories, freshness, and how Junction's API answers."""

from deploy.grafana import colours
from deploy.grafana.panels import COUNT, REQUESTS_PER_S, ROWS_PER_S, Board, Kind, Line, Panel
from deploy.grafana.queries import busiest_rate, halves, increase, quantile, quantile_now, rate, share_within

_IN_ERROR = 'sum by (provider) (junction_connections{status="error"})'

_LINKS = (
    Panel(
        "Connections",
        "Users' links to providers, as the tables say. Error: only the user can mend it, by connecting again.",
        COUNT,
        (Line("{{status}}", "sum by (status) (junction_connections)"),),
        colours=colours.CONNECTIONS,
        runbook="freshness.md",
    ),
    Panel(
        "Connections in error, share",
        "Of all links to a provider, the eight worst. A provider that stands out has a problem of its own.",
        "percentunit",
        (Line("{{provider}}", f"topk(8, {_IN_ERROR} / sum by (provider) (junction_connections))"),),
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
        COUNT,
        (Line("{{status}}", "sum by (status) (junction_backfills)"),),
        colours=colours.HISTORIES,
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
        "The eight resources whose data are oldest. Rare things are old by nature: a workout, a profile.",
        "s",
        (Line("{{resource}}", f"topk(8, {quantile_now(0.99, 'junction_freshness_seconds', 'resource')})"),),
        Kind.BARS,
        runbook="freshness.md",
    ),
)

_FETCHER = (
    Panel(
        "Calls of Junction's API",
        "Tries a second by outcome. Ok and missing are answers; rate_limited is Junction's wish to go slower; "
        "unauthorized is a wrong key.",
        REQUESTS_PER_S,
        (Line("{{outcome}}", rate("junction_api_calls_total", "outcome")),),
        colours=colours.CALLS,
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
        "Pages for histories, an hour",
        "Asked for, by kind and outcome: whole histories, and streams of single workouts.",
        COUNT,
        (Line("{{kind}} {{outcome}}", increase("junction_fetch_calls_total", "1h", "kind", "outcome")),),
        runbook="fetcher.md",
        colours=colours.PAGES,
    ),
    Panel(
        "Jobs of history",
        "Those that are not over: due, or parked until a later time; and calls that are under way.",
        COUNT,
        (
            Line("{{state}}", "sum by (state) (junction_fetch_open_jobs)"),
            Line("under way", "sum(junction_fetch_calls_now)", colours.PURPLE),
        ),
        runbook="fetcher.md",
        colours=colours.JOBS,
        width=6,
    ),
    Panel(
        "Time of a page",
        "Retries and waiting for our turn included. Pages of long spans take seconds.",
        "s",
        halves("junction_fetch_call_seconds"),
        runbook="fetcher.md",
        width=6,
    ),
    Panel(
        "Rows fetched",
        "Summaries and samples a second that histories brought, the eight busiest resources.",
        ROWS_PER_S,
        (Line("{{resource}}", busiest_rate("junction_fetch_rows_total", "resource")),),
        runbook="fetcher.md",
        is_stacked=True,
        width=6,
    ),
    Panel(
        "Reconciliation",
        "Resources of users by verdict, when they were last compared with Junction, once a day. Complete, no_data, "
        "pulling, fetching and not_pulled are good.",
        COUNT,
        (Line("{{verdict}}", "topk(8, max by (verdict) (junction_reconciled_resources) > 0)"),),
        Kind.BARS,
        runbook="fetcher.md",
        width=6,
    ),
)

BOARD = Board(
    "users",
    "Users and providers",
    "Connections, histories, freshness, and how Junction's API answers.",
    _LINKS + _FRESH + _FETCHER,
)
