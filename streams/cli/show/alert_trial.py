"""What `alerts test` prints: what would have fired, over which data, and what was not judged. Never a value."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from streams.alerts.trial.data_span import RATE_SPAN_MS, per_user_and_week
from streams.alerts.trial.runner import TrialOutcome
from streams.alerts.trial.trial import FiredAlert
from streams.events import HOUR_MS, rfc3339_seconds
from streams.ops import terminal
from streams.ops.terminal import Rows

SHOWN = 20
_ROW = (
    "rule", "severity", "alerts", "users", "of", "over", "per user and week", "most for one user", "open", "taken back",
)  # fmt: skip
_WHY = {  # reason: (what is counted, why it was not judged)
    "floating_time": ("value", "local time of an unknown zone"),
    "unit": ("value", "another unit than the rule's"),
    "too_old": ("value", "too old when it came, for the rule's max_age, or of a clock that runs ahead"),
    "too_large": ("record or timer", "too much would have to be kept of the user"),
    "history": ("record", "history, too old when it came; --history counts it as if it had come live"),
    "unreadable": ("record", "unreadable; not written by this service"),
}


def print_trial(outcome: TrialOutcome, *, show_all: bool, as_json: bool) -> None:
    """What would have fired: by rule, then one by one; then what all this is based on."""
    if as_json:
        terminal.machine(_as_json(outcome))
        return
    table = Rows(*_ROW)
    for row in _rows(outcome):
        rate = row["per user and week"]
        shown = {**row, "over": _span(row["over"]), "per user and week": "–" if rate is None else rate}
        table.add(*map(str, shown.values()))
    terminal.console().print(table)
    _print_each(outcome, show_all=show_all)
    for sentence in sentences(outcome):
        terminal.say(sentence)


def _as_json(outcome: TrialOutcome) -> dict[str, Any]:
    """`over` of a rule in seconds."""
    topics = sorted(outcome.looked)
    return {
        "records": outcome.records,
        "since": rfc3339_seconds(outcome.since_us),
        "first_at": {topic: _at(outcome.looked[topic].first_ms) for topic in topics},
        "last_at": {topic: _at(outcome.looked[topic].last_ms) for topic in topics},
        "earliest_kept_at": {topic: _at(outcome.earliest_ms.get(topic)) for topic in topics},
        "skipped": {reason: outcome.skipped[reason] for reason in sorted({*_WHY, *outcome.skipped})},
        "rules": list(_rows(outcome)),
        "alerts": list(map(_fired, outcome.fired)),
    }


def _print_each(outcome: TrialOutcome, *, show_all: bool) -> None:
    shown = outcome.fired if show_all else outcome.fired[-SHOWN:]
    if not shown:
        return
    each = Rows("opened (UTC)", "rule", "user", "about", "lasted", "how it ended")
    for one in shown:
        ended = one.resolution or "still open"
        each.add(rfc3339_seconds(one.opened_us), one.rule, one.user_id, one.subject, _lasted(one), ended)
    terminal.console().print(each)
    if left := len(outcome.fired) - len(shown):
        terminal.say(f"{left:,} earlier alerts with --all")


def sentences(outcome: TrialOutcome) -> Iterator[str]:
    """What a reader has to know before taking a 0 for calm, or a rate for one of every week."""
    for reason, n in sorted(outcome.skipped.items()):
        if n:
            what, why = _WHY.get(reason, ("value", reason))
            yield f"{n:,} {what if n == 1 else what + 's'} {'was' if n == 1 else 'were'} not judged: {why}"
    short = [row["rule"] for row in _rows(outcome) if row["per user and week"] is None]
    if short:
        yield f"no rate of {', '.join(short)}: it needs data over {RATE_SPAN_MS // HOUR_MS} h at least"
    late = {topic: outcome.earliest_ms.get(topic) for topic in sorted(outcome.looked)}
    reach = [f"{topic} {_at(ms) or 'has none'}" for topic, ms in late.items() if not ms or ms * 1000 > outcome.since_us]
    if reach:
        since = rfc3339_seconds(outcome.since_us)
        yield f"asked since {since}, but the earliest records that are kept: {', '.join(reach)}"
    yield f"{outcome.records:,} records read. Nothing was sent."


def _rows(outcome: TrialOutcome) -> Iterator[dict[str, Any]]:
    for rule in outcome.rules.by_name.values():
        fired = [one for one in outcome.fired if one.rule == rule.name]
        stand = [one for one in fired if not one.is_taken_back]
        by_user = Counter(one.user_id for one in stand)
        users, span_ms = outcome.looked[rule.topic].of_kind(rule.kind, outcome.until_ms)
        rate = per_user_and_week(len(stand), users, span_ms)
        row = (
            rule.name, str(rule.severity), len(stand), len(by_user), users, span_ms // 1000,
            None if rate is None else round(rate, 2), max(by_user.values(), default=0),
            sum(one.ended_us is None for one in stand), len(fired) - len(stand),
        )  # fmt: skip
        yield dict(zip(_ROW, row, strict=True))


def _fired(one: FiredAlert) -> dict[str, Any]:
    ended = None if one.ended_us is None else rfc3339_seconds(one.ended_us)
    return {
        "id": one.id, "rule": one.rule, "severity": one.severity, "user_id": one.user_id, "subject": one.subject,
        "opened_at": rfc3339_seconds(one.opened_us), "resolved_at": ended, "resolution": one.resolution,
    }  # fmt: skip


def _at(ms: int | None) -> str | None:
    return None if ms is None else rfc3339_seconds(ms * 1000)


def _lasted(one: FiredAlert) -> str:
    return "" if one.ended_us is None else _span((one.ended_us - one.opened_us) / 1e6)


def _span(seconds: float) -> str:
    # Two units, rounded: how long an alert lasted. `status` wants one unit of an age, `topics` an exact setting.
    minutes = round(seconds / 60)
    days, hours = minutes // 1440, minutes % 1440 // 60
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min"
