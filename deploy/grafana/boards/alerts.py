"""Alerts on data, from rule to receiver; and what Prometheus itself warns of."""

from deploy.grafana import colours
from deploy.grafana.panels import COUNT, RECORDS_PER_S, Board, Kind, Line, Panel
from deploy.grafana.queries import halves, increase, or_none, rate

_PANELS = (
    Panel(
        "Operations alerts firing",
        "By name, from Prometheus' rules; each has a page in the runbook. Page: somebody gets up. Ticket: tomorrow. "
        "`none`: all is well.",
        COUNT,
        (
            Line(
                "{{alertname}} {{severity}}",
                or_none('count by (alertname, severity) (ALERTS{alertstate="firing"})', "alertname"),
            ),
        ),
        Kind.NUMBER,
        runbook="README.md",
        colours=colours.URGENCIES,
    ),
    Panel(
        "Rules switched on",
        "Of the file that STREAMS_ALERT_RULES names, in the worker that has the most: a file that only some have is a "
        "mistake.",
        COUNT,
        (Line("most", "max(junction_alert_rules)"), Line("least", 'min(junction_alert_rules{job="worker"})')),
        Kind.NUMBER,
        runbook="alerts-not-delivered.md",
    ),
    Panel(
        "Readings of the rules file, a day",
        "Refused: the file has a mistake, and the rules before go on. `alerts check` names it.",
        COUNT,
        (
            Line("accepted", increase('junction_alert_rule_loads_total{outcome="accepted"}', "1d")),
            Line("refused", increase('junction_alert_rule_loads_total{outcome="refused"}', "1d"), bad=1),
        ),
        Kind.NUMBER,
        runbook="alerts-not-delivered.md",
    ),
    Panel(
        "Data alerts opened a day, by rule",
        "What rules found in users' data. A rule that stands out is too sharp, or right: `alerts test` shows whom.",
        COUNT,
        (Line("{{rule}} ({{severity}})", increase("junction_alerts_opened_total", "1d", "rule", "severity")),),
        width=12,
        colours=colours.SEVERITIES,
    ),
    Panel(
        "Lives of data alerts an hour",
        "Opened and resolved balance over a day; updated are reminders and corrections.",
        COUNT,
        (Line("{{life}}", increase("junction_alert_records_total", "1h", "life")),),
        width=12,
        colours=colours.LIVES,
    ),
    Panel(
        "Deliveries an hour",
        "Attempts by receiver and what became of them. Failed ones are tried again; given_up is an alert that nobody "
        "got.",
        COUNT,
        (Line("{{receiver}} {{status}}", increase("junction_alert_deliveries_total", "1h", "receiver", "status")),),
        runbook="alerts-not-delivered.md",
        colours=colours.DELIVERIES,
    ),
    Panel(
        "From the worker's word to a receiver",
        "How long an alert takes from its transaction to a receiver that has it.",
        "s",
        halves("junction_alert_delivery_seconds", window="1h"),
        warn=10,
        bad=60,
        runbook="alerts-not-delivered.md",
    ),
    Panel(
        "Not looked at, and timers",
        "Points a second that rules passed over (too_old: what comes too late never alerts), and timers that fired "
        "for silence and ends.",
        RECORDS_PER_S,
        (
            Line("{{reason}}", rate("junction_alert_skipped_total", "reason")),
            Line("timers", rate("junction_alert_timers_total")),
        ),
    ),
)

BOARD = Board("alerts", "Alerts", "Alerts on data, from rule to receiver; and what Prometheus warns of.", _PANELS)
