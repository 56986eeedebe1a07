"""Alerts under chaos: the rules, and what the topic must hold in the end.

| question | asked of |
|---|---|
| is each step of each life there once, opened first, without a gap? | ids and revisions in the topic |
| are the steps those of a process that saw each raw record once? | the model, step by step, for rules without timers |
| do the same alerts stand? | the model, for silence: timers fire when they may, but what is true in the end is true |

The world's data are months old, so rules have no age; silences of five seconds make timers fire all the time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from streams.alerts.lives.timers import GRACE_MS
from streams.events import topics

SETTLE_S = GRACE_MS / 1000 + 15.0  # after the last record: timers that are due fire
SILENCE = "steps-silent"
RULES = """
[[rule]]
name = "heart-fast"
kind = "threshold"
resource = "heartrate"
above = "100 bpm"
clear_below = "90 bpm"
samples = 2
within = "1h"
max_age = "9999d"
resolve_after = "9999d"

[[rule]]
name = "heart-rises"
kind = "rate"
resource = "heartrate"
rises = "30 bpm"
change_within = "30m"
cooldown = "2h"
max_age = "9999d"
resolve_after = "9999d"

[[rule]]
name = "rest-unusual"
kind = "deviation"
resource = "sleep"
field = "hr_lowest_bpm"
above_sd = 1
days_min = 2
max_age = "9999d"
resolve_after = "9999d"

[[rule]]
name = "broken"
kind = "event"
resource = "connections"
where = { status = "error" }

[[rule]]
name = "steps-silent"
kind = "silence"
resource = "steps"
longer_than = "5s"
max_age = "9999d"
"""

Alert = Mapping[str, Any]
Row = tuple[str, Alert]  # key, decoded record


def lives(alerts: Iterable[Row]) -> dict[str, list[Alert]]:
    """By id, in the order of the topic."""
    found: dict[str, list[Alert]] = defaultdict(list)
    for _, alert in alerts:
        found[alert["id"]].append(alert)
    return found


def broken_lives(alerts: Iterable[Row]) -> list[str]:
    """Ids whose steps are not 1, 2, 3, ... beginning with opened: a step is missing, or there twice."""
    return [
        id
        for id, steps in lives(alerts).items()
        if [one["revision"] for one in steps] != list(range(1, len(steps) + 1)) or steps[0]["life"] != "opened"
    ]


def said(alerts: Iterable[Row]) -> dict[str, list[str]]:
    """What each key said, in order, without the time of saying; of rules that no timer touches.

    Those of connections are left out too: which of two raw topics comes first decides what is joined and when.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for key, alert in alerts:
        if alert["rule"] != SILENCE and alert["resource"] != topics.CONNECTIONS:
            found[key].append(repr(sorted((name, value) for name, value in alert.items() if name != "at")))
    return found


def standing(alerts: Iterable[Row]) -> set[tuple[Any, ...]]:
    """What is true in the end, of all rules: who, what, since when, until when."""
    last = {id: steps[-1] for id, steps in lives(alerts).items()}
    return {
        (one["rule"], one["user_id"], one["subject"], one["first_at"], one["opened_at"], one["resolved_at"])
        for one in last.values()
        if one["resolution"] != "corrected"
    }
