"""Junction's word against ours, resource by resource: what is complete, what is missing, what to fetch for it. Pure.

| verdict | meaning | fetched again |
|---|---|---|
| complete | Junction's pull is through and we have its days | |
| no_data | Junction has nothing there | |
| pulling | Junction is not through with its own pull | |
| fetching | our fetch is under way | |
| days_missing | our fetch is through, and days are missing | the pulled range, once a day |
| not_fetched | pulled, and never fetched: the notice did not come, or nobody fetched | the pulled range |
| stuck | our fetch has not moved for STUCK_S | the pulled range |
| failed_here | our fetch failed | the pulled range |
| behind | Junction has newer data than we | from our newest data on |
| older_missing | Junction has older data than we, outside of what it pulled | up to our oldest data |
| failed_there | Junction's own pull failed; only a new connection, or Junction, can mend it | |
| not_pulled | Junction does not pull this resource | |
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from connectors.history.reconcile.reports import UNDER_WAY, ResourceReport
from streams.events import providers
from streams.events.resources import RESOURCES
from streams.payloads import values
from streams.tables.history import windows
from streams.tables.history.request import RANGELESS, Priority, Request, Why, new_id
from streams.tables.history.windows import DAY_US, Span

STUCK_S = 3600
AGAIN_S = 86_400
BEHIND_US = 3_600_000_000  # a webhook may be on its way for a while
DAYS_SLACK = 1  # `days_with_data` is a rough measure, and its days are not the user's
TIMELESS = providers.OPTIONAL | {"workout_stream"}  # no days of ours tell what we have: that all was fetched, does
Json = Mapping[str, Any]


class ReconcileVerdict(StrEnum):
    COMPLETE = "complete"
    NO_DATA = "no_data"
    PULLING = "pulling"
    FETCHING = "fetching"
    DAYS_MISSING = "days_missing"
    NOT_FETCHED = "not_fetched"
    STUCK = "stuck"
    FAILED_HERE = "failed_here"
    BEHIND = "behind"
    OLDER_MISSING = "older_missing"
    FAILED_THERE = "failed_there"
    NOT_PULLED = "not_pulled"


GOOD = frozenset(
    {
        ReconcileVerdict.COMPLETE,
        ReconcileVerdict.NO_DATA,
        ReconcileVerdict.PULLING,
        ReconcileVerdict.FETCHING,
        ReconcileVerdict.NOT_PULLED,
    }
)


class ResourceFinding(NamedTuple):
    """One resource. `span`: what to fetch, µs since 1970, UTC; None: nothing that a fetch would mend."""

    provider: str
    resource: str
    verdict: ReconcileVerdict
    theirs: ResourceReport
    days_ours: int
    newest_us: int | None
    span: Span | None = None
    backfill: str = ""  # status of ours

    @property
    def is_good(self) -> bool:
        return self.verdict in GOOD


def compare(theirs: Mapping[tuple[str, str], ResourceReport], view: Json, now_s: float) -> list[ResourceFinding]:
    """`theirs`: of one user, by (provider, resource). `view`: what our worker says of the user (`lookup.view`)."""
    held = {(row["provider"], row["resource"]): row for row in view["resources"]}
    fills = {(row["provider"], row["resource"]): row for row in view["backfills"]}
    keys = sorted(key for key in theirs if key[1] in RESOURCES and not RESOURCES[key[1]].legacy)
    return [_one(*key, theirs[key], held.get(key), fills.get(key), now_s) for key in keys]


def _one(
    provider: str, resource: str, said: ResourceReport, held: Json | None, fill: Json | None, now_s: float
) -> ResourceFinding:
    newest_us = _time(held["newest_data_at"]) if held else None
    days = _days_between(held, said) if held else 0
    status = str(fill["status"]) if fill else ""
    verdict, span = _history(provider, resource, said, days, status, fill, now_s)
    if (
        verdict in (ReconcileVerdict.COMPLETE, ReconcileVerdict.NO_DATA, ReconcileVerdict.NOT_PULLED)
        and resource not in TIMELESS
    ):
        verdict, span = _edges(said, held, newest_us, verdict)
    return ResourceFinding(provider, resource, verdict, said, days, newest_us, span, status)


def _history(
    provider: str, resource: str, said: ResourceReport, days: int, status: str, fill: Json | None, now_s: float
) -> tuple[ReconcileVerdict, Span | None]:
    whole = None if said.start_us is None or said.end_us is None else (said.start_us, said.end_us)
    if said.pull in UNDER_WAY:
        return ReconcileVerdict.PULLING, None
    if said.pull == "failure":
        return ReconcileVerdict.FAILED_THERE, None
    if said.pull != "success":
        return ReconcileVerdict.NOT_PULLED, None
    comes_live = status == "not_expected" and provider in providers.LIVE_HISTORY
    if resource in TIMELESS and (status == "complete" or comes_live):
        return ReconcileVerdict.COMPLETE, None
    if not said.days:
        return ReconcileVerdict.NO_DATA, None
    if fill and status in ("queued", "fetching"):
        return (ReconcileVerdict.STUCK, whole) if _is_stuck(fill, now_s) else (ReconcileVerdict.FETCHING, None)
    if days + DAYS_SLACK >= said.days:
        return ReconcileVerdict.COMPLETE, None
    if status == "failed":
        return ReconcileVerdict.FAILED_HERE, whole
    if status in ("complete", "empty") or comes_live:
        return ReconcileVerdict.DAYS_MISSING, None if fill and _is_recent(fill, now_s) else whole
    return ReconcileVerdict.NOT_FETCHED, whole


def _is_stuck(fill: Json, now_s: float) -> bool:
    moved_us, next_us = (_time(fill[name]) or 0 for name in ("progress_at", "next_try_at"))
    return max(moved_us, next_us) / 1e6 < now_s - STUCK_S


def _is_recent(fill: Json, now_s: float) -> bool:
    """Fetched not long ago: what is missing then is missing there, or counted in other days; once a day is enough."""
    return (_time(fill["progress_at"]) or 0) / 1e6 > now_s - AGAIN_S


def _edges(
    said: ResourceReport, held: Json | None, newest_us: int | None, verdict: ReconcileVerdict
) -> tuple[ReconcileVerdict, Span | None]:
    """What Junction has outside of the pulled range, after it or before it."""
    if said.newest_us is None:
        return verdict, None
    if newest_us is None or held is None:
        return (
            (ReconcileVerdict.NOT_FETCHED, (said.oldest_us or said.newest_us, said.newest_us))
            if said.sent
            else (verdict, None)
        )
    if said.newest_us > newest_us + max(BEHIND_US, DAY_US):
        return ReconcileVerdict.BEHIND, (newest_us, said.newest_us)
    oldest_us = _oldest_us(held)
    if said.oldest_us is not None and said.oldest_us + DAY_US < oldest_us:
        return ReconcileVerdict.OLDER_MISSING, (said.oldest_us, oldest_us)
    return verdict, None


def _oldest_us(held: Json) -> int:
    """Our oldest moment, or the first minute of our oldest day: what has a day is there told by the day alone."""
    moment_us = _time(held["oldest_data_at"]) or 0
    return min([moment_us, *(_day(begin) * DAY_US for begin, _ in held["day_spans"][:1])])


def _days_between(held: Json, said: ResourceReport) -> int:
    """Days with data of ours in the range that Junction pulled; all of them where it names none."""
    if said.start_us is None or said.end_us is None:
        return int(held["days_with_data"])
    first, last = said.start_us // DAY_US - 1, said.end_us // DAY_US + 1
    spans = [[_day(end) for end in span] for span in held["day_spans"]]
    return sum(max(0, min(last, end) - max(first, begin) + 1) for begin, end in spans)


def _day(text: str) -> int:
    """Days since 1970."""
    return date.fromisoformat(text).toordinal() - _EPOCH


_EPOCH = date(1970, 1, 1).toordinal()


def _time(text: str | None) -> int | None:
    return None if text is None else values.time_us(text)


def requests(user_id: str, findings: list[ResourceFinding], now_s: float) -> list[Request]:
    """What to ask the fetchers for; nothing for a span that cannot hold data. The backfills' ids differ by `now_s`."""
    return [
        Request(
            new_id("reconcile", user_id, one.provider, one.resource, int(now_s)), user_id, one.provider, one.resource,
            *((0, 0) if one.resource in RANGELESS else span), Why.RECONCILE, Priority.LATE,
        )
        for one in findings
        if one.span and (span := windows.reachable(windows.widened(*one.span), int(now_s * 1e6)))
    ]  # fmt: skip
