"""Junction's word against ours: each situation has its verdict, and a span where a fetch would mend it."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.history.reconcile import compare, reports
from connectors.history.reconcile.findings import ReconcileVerdict, ResourceFinding
from connectors.history.reconcile.missing import requests_for
from connectors.history.reconcile.reports import ResourceReport
from streams.events.times import DAY_US
from streams.tables.history.request import Why

NOW_S = 1_780_500_000.0
START, END = "2026-03-05T00:00:00Z", "2026-06-03T00:00:00Z"
START_US, END_US = 1_772_668_800_000_000, 1_780_444_800_000_000
PULL = ResourceReport(
    "success", start_us=START_US, end_us=END_US, days=80, oldest_us=START_US, newest_us=END_US, sent=80
)


def held(days: int = 80, newest: str = "2026-06-03T00:00:00Z", oldest: str = "2026-03-05T00:00:00Z") -> dict[str, Any]:
    """A row of the view whose days are the first ones of the range."""
    spans = [["2026-03-05", (date(2026, 3, 4) + timedelta(days=days)).isoformat()]] if days else []
    row = {"provider": "oura", "resource": "sleep", "newest_data_at": newest, "oldest_data_at": oldest}
    return row | {"days_with_data": days, "day_spans": spans}


def fill(
    status: str, *, progress_at: str = "2026-05-01T00:00:00Z", next_try_at: str | None = None, reason: str = "",
    notified_at: str = "2026-05-01T00:00:00Z",
) -> dict[str, Any]:  # fmt: skip
    where = {"provider": "oura", "resource": "sleep"}
    moved = {"progress_at": progress_at, "next_try_at": next_try_at}
    return where | {"status": status, "reason": reason, "notified_at": notified_at} | moved


def one(said: ResourceReport, data: dict[str, Any] | None, backfill: dict[str, Any] | None) -> ResourceFinding:
    view = {"resources": [data] if data else [], "backfills": [backfill] if backfill else []}
    (finding,) = compare.compare({("oura", "sleep"): said}, view, NOW_S)
    return finding


WHOLE = (START_US, END_US)
SOON, LONG_AGO = "2026-06-03T15:00:00Z", "2026-06-03T12:00:00Z"  # NOW_S is 15:20


@pytest.mark.parametrize(
    ("said", "data", "backfill", "verdict", "span"),
    [
        (PULL, held(), fill("complete"), ReconcileVerdict.COMPLETE, None),
        (PULL, held(79), fill("complete"), ReconcileVerdict.COMPLETE, None),  # their days are rough
        (
            PULL,
            held(oldest="2026-03-06T01:16:00Z"),
            fill("complete"),
            ReconcileVerdict.COMPLETE,
            None,
        ),  # the evening before, there
        (PULL, held(40), fill("complete"), ReconcileVerdict.DAYS_MISSING, WHOLE),
        (PULL, held(40), fill("complete", progress_at=SOON), ReconcileVerdict.DAYS_MISSING, None),  # just fetched
        (PULL, None, None, ReconcileVerdict.NOT_FETCHED, WHOLE),
        (PULL, None, fill("notified"), ReconcileVerdict.NOT_FETCHED, WHOLE),
        (PULL, held(10), fill("fetching", progress_at=SOON), ReconcileVerdict.FETCHING, None),
        (PULL, held(10), fill("fetching", progress_at=LONG_AGO), ReconcileVerdict.STUCK, WHOLE),
        (
            PULL,
            held(10),
            fill("queued", progress_at=LONG_AGO, next_try_at=SOON),
            ReconcileVerdict.FETCHING,
            None,
        ),  # parked
        (PULL, None, fill("failed"), ReconcileVerdict.FAILED_HERE, WHOLE),
        (PULL, None, fill("empty"), ReconcileVerdict.DAYS_MISSING, WHOLE),
        (PULL._replace(days=0, newest_us=None), None, None, ReconcileVerdict.NO_DATA, None),
        (PULL._replace(pull="retrying"), None, None, ReconcileVerdict.PULLING, None),
        (PULL._replace(pull="failure"), None, None, ReconcileVerdict.FAILED_THERE, None),
        (PULL._replace(pull="a new word", newest_us=None), None, None, ReconcileVerdict.NOT_PULLED, None),
        (ResourceReport(newest_us=END_US, oldest_us=START_US, sent=4), None, None, ReconcileVerdict.NOT_FETCHED, WHOLE),
        (
            PULL._replace(newest_us=END_US + 5 * DAY_US),
            held(),
            fill("complete"),
            ReconcileVerdict.BEHIND,
            (END_US, END_US + 5 * DAY_US),
        ),
        (
            PULL._replace(oldest_us=START_US - 9 * DAY_US),
            held(),
            fill("complete"),
            ReconcileVerdict.OLDER_MISSING,
            (START_US - 9 * DAY_US, START_US),
        ),
    ],
)
def test_each_situation(said: ResourceReport, data: Any, backfill: Any, verdict: ReconcileVerdict, span: Any) -> None:
    """The verdict, and the span that a fetch would mend."""
    finding = one(said, data, backfill)
    assert (finding.verdict, finding.span) == (verdict, span)


def test_what_is_missing_is_asked_for() -> None:
    """One request for each mendable finding, a day wider; another id in another run; none for what is well."""
    findings = [one(PULL, None, None), one(PULL, held(), fill("complete"))]
    (asked,) = requests_for("u1", findings, NOW_S)
    assert (asked.start_us, asked.end_us, asked.why) == (START_US - DAY_US, END_US + DAY_US, Why.RECONCILE)
    assert requests_for("u1", findings, NOW_S + 1)[0].id != asked.id


NAMES = st.sampled_from(["user_id", "provider", "oura", "pulled", "not_pulled", "sleep", "status", "range_start"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(START),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["user_id", "provider", "oura", "pulled", "not_pulled", "sleep", "status", "range_start"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(st.lists(json_values, max_size=3), st.lists(json_values, max_size=3))
def test_other_shapes_are_left_out(pulls: list[Any], resources: list[Any]) -> None:
    """Whatever an answer holds, reading it does not fail."""
    for key, said in reports.read(pulls, resources).items():
        assert all(isinstance(part, str) for part in key)
        assert isinstance(said, ResourceReport)


def test_published_answers(samples: Path) -> None:
    """The documentation's own answers: statuses, ranges, counts."""
    pulls = json.loads((samples / "api/introspect-historical-pull.json").read_text())["data"]
    state = json.loads((samples / "api/introspect-resources.json").read_text())["data"]
    found = reports.read(pulls, state)
    activity = found["", "fitbit", "activity"]
    assert (activity.pull, activity.days, activity.sent, activity.attempt) == ("success", 70, 231, "success")
    assert found["", "fitbit", "sleep"].pull_error == "provider_rate_limit_exceeded"
    assert found["", "fitbit", "blood_oxygen"].pull == "not_pulled"
    omron = reports.read(json.loads((samples / "api/introspect-historical-pull-omron.json").read_text())["data"], [])
    assert {said.pull for said in omron.values()} == {"success"}


@pytest.mark.parametrize("resource", ["profile", "workout_stream"])
def test_what_has_no_days_is_complete_when_all_is_fetched(resource: str) -> None:
    """A profile, and streams of workouts, leave no days with us; fetched, they are complete."""
    for status, verdict in (("complete", ReconcileVerdict.COMPLETE), ("failed", ReconcileVerdict.FAILED_HERE)):
        view = {"resources": [], "backfills": [fill(status) | {"resource": resource}]}
        (finding,) = compare.compare({("oura", resource): PULL}, view, NOW_S)
        assert finding.verdict is verdict


def test_streams_that_come_as_events_are_not_missed() -> None:
    """Garmin's history comes by itself, and streams leave no days with us: nothing says that any is missing."""
    view = {"resources": [], "backfills": [fill("not_expected") | {"provider": "garmin", "resource": "workout_stream"}]}
    (finding,) = compare.compare({("garmin", "workout_stream"): PULL}, view, NOW_S)
    assert finding.verdict is ReconcileVerdict.COMPLETE
