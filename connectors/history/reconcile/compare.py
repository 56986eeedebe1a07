"""Junction's report against our worker's view, resource by resource; `findings.py` has the verdicts. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.history.reconcile.findings import ReconcileVerdict, ResourceFinding
from connectors.history.reconcile.reports import UNDER_WAY, ResourceReport
from streams.events import DAY_S, DAY_US, HOUR_S, HOUR_US, RESOURCES, providers, times
from streams.payloads import values
from streams.tables.history import Span

STUCK_S = HOUR_S
AGAIN_S = DAY_S
BEHIND_US = HOUR_US  # a webhook may take a while
DAYS_SLACK = 1  # `days_with_data` is a rough measure, and its days are not the user's
# Their days with data do not show whether all is there; a complete fetch does.
TIMELESS = providers.OPTIONAL | {"workout_stream"}
Json = Mapping[str, Any]


def compare(reports: Mapping[tuple[str, str], ResourceReport], view: Json, now_s: float) -> list[ResourceFinding]:
    """`reports`: of one user, by (provider, resource). `view`: what our worker answers about the user."""
    held = {(row["provider"], row["resource"]): row for row in view["resources"]}
    fills = {(row["provider"], row["resource"]): row for row in view["backfills"]}
    keys = sorted(key for key in reports if key[1] in RESOURCES and not RESOURCES[key[1]].legacy)
    return [_one(*key, reports[key], held.get(key), fills.get(key), now_s) for key in keys]


def _one(
    provider: str, resource: str, report: ResourceReport, held: Json | None, fill: Json | None, now_s: float
) -> ResourceFinding:
    newest_us = _time(held["newest_data_at"]) if held else None
    days = _days_between(held, report) if held else 0
    status = str(fill["status"]) if fill else ""
    verdict, span = _history(provider, resource, report, days, status, fill, now_s)
    if (
        verdict in (ReconcileVerdict.COMPLETE, ReconcileVerdict.NO_DATA, ReconcileVerdict.NOT_PULLED)
        and resource not in TIMELESS
    ):
        verdict, span = _edges(report, held, newest_us, verdict)
    return ResourceFinding(provider, resource, verdict, report, days, newest_us, span, status)


def _history(
    provider: str, resource: str, report: ResourceReport, days: int, status: str, fill: Json | None, now_s: float
) -> tuple[ReconcileVerdict, Span | None]:
    whole = None if report.start_us is None or report.end_us is None else (report.start_us, report.end_us)
    if report.pull in UNDER_WAY:
        return ReconcileVerdict.PULLING, None
    if report.pull == "failure":
        return ReconcileVerdict.FAILED_THERE, None
    if report.pull != "success":
        return ReconcileVerdict.NOT_PULLED, None
    is_live = fill is not None and status == "not_expected" and (provider in providers.LIVE_HISTORY or _is_pushed(fill))
    if resource in TIMELESS and (status == "complete" or is_live):
        return ReconcileVerdict.COMPLETE, None
    if not report.days:
        return ReconcileVerdict.NO_DATA, None
    if fill and status in ("queued", "fetching"):
        return (ReconcileVerdict.STUCK, whole) if _is_stuck(fill, now_s) else (ReconcileVerdict.FETCHING, None)
    if days + DAYS_SLACK >= report.days:
        return ReconcileVerdict.COMPLETE, None
    if status == "failed":
        return ReconcileVerdict.FAILED_HERE, whole
    if status in ("complete", "empty") or is_live:
        return ReconcileVerdict.DAYS_MISSING, None if fill and _is_recent(fill, now_s) else whole
    return ReconcileVerdict.NOT_FETCHED, whole


def _is_stuck(fill: Json, now_s: float) -> bool:
    moved_us, next_us = (_time(fill[name]) or 0 for name in ("progress_at", "next_try_at"))
    return max(moved_us, next_us) / 1e6 < now_s - STUCK_S


def _is_pushed(fill: Json) -> bool:
    return bool(fill["reason"] == providers.NotExpected.HISTORY_PUSHED)


def _is_recent(fill: Json, now_s: float) -> bool:
    """Fetched within AGAIN_S: what is missing is missing at Junction too, or counted in other days. Of what is pushed,
    some may still wait for a worker, in another topic than its notice."""
    at = fill["notified_at"] if _is_pushed(fill) else fill["progress_at"]
    return (_time(at) or 0) / 1e6 > now_s - AGAIN_S


def _edges(
    report: ResourceReport, held: Json | None, newest_us: int | None, verdict: ReconcileVerdict
) -> tuple[ReconcileVerdict, Span | None]:
    """What Junction has after the pulled range, or before it."""
    if report.newest_us is None:
        return verdict, None
    if newest_us is None or held is None:
        return (
            (ReconcileVerdict.NOT_FETCHED, (report.oldest_us or report.newest_us, report.newest_us))
            if report.sent
            else (verdict, None)
        )
    if report.newest_us > newest_us + max(BEHIND_US, DAY_US):
        return ReconcileVerdict.BEHIND, (newest_us, report.newest_us)
    oldest_us = _oldest_us(held)
    if report.oldest_us is not None and report.oldest_us + DAY_US < oldest_us:
        return ReconcileVerdict.OLDER_MISSING, (report.oldest_us, oldest_us)
    return verdict, None


def _oldest_us(held: Json) -> int:
    """Our oldest moment, or the start of our oldest day: some data have a day and no time."""
    moment_us = _time(held["oldest_data_at"]) or 0
    return min([moment_us, *(_day(begin) * DAY_US for begin, _ in held["day_spans"][:1])])


def _days_between(held: Json, report: ResourceReport) -> int:
    """Our days with data in the range that Junction pulled; all of them where it names no range."""
    if report.start_us is None or report.end_us is None:
        return int(held["days_with_data"])
    first, last = report.start_us // DAY_US - 1, report.end_us // DAY_US + 1
    spans = [[_day(end) for end in span] for span in held["day_spans"]]
    return sum(max(0, min(last, end) - max(first, begin) + 1) for begin, end in spans)


def _day(text: str) -> int:
    """Days since 1970."""
    return times.day_number(date.fromisoformat(text))


def _time(text: str | None) -> int | None:
    return None if text is None else values.time_us(text)
