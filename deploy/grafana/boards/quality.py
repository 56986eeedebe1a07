"""What the data are worth: verdicts, conflicts, dead letters, drift."""

from deploy.grafana import colours
from deploy.grafana.panels import COUNT, RECORDS_PER_S, Board, Line, Panel
from deploy.grafana.queries import busiest, increase, or_none, rate, share

_NEWS = 'junction_verdicts_total{verdict=~"NEW|CHANGED|CONFLICT"}'
_STALE = 'junction_verdicts_total{verdict="STALE"}'

_PANELS = (
    Panel(
        "Verdicts",
        "Entities a second. NEW, CHANGED and CONFLICT leave; SAME is a repetition, STALE an older version that came "
        "late. Much SAME is usual: providers send whole days again.",
        RECORDS_PER_S,
        (Line("{{verdict}}", rate("junction_verdicts_total", "verdict")),),
        colours=colours.VERDICTS,
        is_stacked=True,
    ),
    Panel(
        "What leaves, share",
        "Of all entities, those that were news, by family. A fall says that somebody repeats himself.",
        "percentunit",
        (Line("{{family}}", share(_NEWS, "junction_verdicts_total", "family", window="1h")),),
        top=1,
    ),
    Panel(
        "Conflicts an hour",
        "One version with two contents, by resource: the greater one counts. A provider that recomputes without a new "
        "`updated_at`.",
        COUNT,
        (Line("{{resource}}", or_none(increase("junction_conflicts_total", "1h", "resource"), "resource")),),
        runbook="drift.md",
    ),
    Panel(
        "Stale an hour",
        "Older versions that came after newer ones: dropped, by resource, the eight with most. They say how disordered "
        "deliveries are.",
        COUNT,
        (Line("{{resource}}", busiest(increase(_STALE, "1h", "resource"), _STALE, "resource")),),
    ),
    Panel(
        "Dead letters an hour",
        "Events that can never work as they are, by reason. Healthy traffic has none.",
        COUNT,
        (Line("{{reason}}", increase("junction_dead_letters_total", "1h", "reason")),),
        bad=1,
        runbook="dead-letters.md",
    ),
    Panel(
        "Drift an hour",
        "Findings that are not as Junction documents its events; `junction-streams drift` says which.",
        COUNT,
        (Line("{{kind}}", increase("junction_drift_total", "1h", "kind")),),
        warn=1,
        runbook="drift.md",
    ),
    Panel(
        "Unknown event types a day",
        "Types that this version does not know. They are kept and pass on as JSON text.",
        COUNT,
        (Line("{{event_type}}", or_none(increase("junction_unknown_types_total", "1d", "event_type"), "event_type")),),
        warn=1,
        runbook="drift.md",
        width=6,
    ),
    Panel(
        "Given up or switched off by Junction, a day",
        "What Junction's delivery service says about its deliveries to us. On a good day nothing.",
        COUNT,
        (Line("{{event_type}}", increase("junction_operational_events_total", "1d", "event_type")),),
        bad=1,
        runbook="endpoint-disabled.md",
        width=6,
    ),
    Panel(
        "Changes of the preferred source an hour",
        "Days of summaries, and hours of samples, for which another source is to be taken now.",
        COUNT,
        (Line("{{resource}}", or_none(increase("junction_preference_changes_total", "1h", "resource"), "resource")),),
        width=6,
    ),
    Panel(
        "Forgotten for their age, a day",
        "Rows of state that expired. As many as came a window ago; 0 in the first 90 days.",
        COUNT,
        (Line("{{table}}", increase("junction_expired_rows_total", "1d", "table")),),
        runbook="disk-full.md",
        width=6,
    ),
)

BOARD = Board("quality", "Data quality", "What the data are worth: verdicts, conflicts, dead letters, drift.", _PANELS)
