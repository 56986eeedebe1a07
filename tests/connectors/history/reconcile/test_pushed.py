"""History that a pipeline pushes: a year of one user, its notice, no call of the API; and whether it is all there."""

import json
from datetime import date, timedelta
from typing import Any, get_args

import pytest

from connectors.history.reconcile import compare
from connectors.history.reconcile.findings import ReconcileVerdict, ResourceFinding
from connectors.history.reconcile.reports import ResourceReport
from streams.agents.worker import policy_of
from streams.events.doors import PIPELINES, DoorName
from streams.events.times import DAY_MS, DAY_US
from streams.ops.settings import Settings
from streams.status import view
from tests.folding import NOW_MS, Worker, raw
from tests.strategies import USER, envelope

DAYS = 365
END = date(2026, 6, 1)
START = END - timedelta(days=DAYS)
START_US, END_US = ((day - date(1970, 1, 1)).days * DAY_US for day in (START, END))
SOURCE = {"provider": "oura", "type": "ring"}


def worker(doors: str = "rabbitmq") -> Worker:
    return Worker(policy=policy_of(Settings(_env_file=None, history_pushed=doors)))


def push(worker: Worker, event: dict[str, Any], name: str, *, door: str = DoorName.RABBITMQ) -> list[Any]:
    id = f"{event['event_type']}/{name}" if door in PIPELINES else name
    return worker.run(raw(json.dumps(event).encode(), id=id, headers={"ce_door": door}))


def push_days(worker: Worker, *, without: int = 0) -> dict[str, list[Any]]:
    """Each day's sleep and pulse, the newest first as Junction pulls it; what came out, by resource."""
    told: dict[str, list[Any]] = {"sleep": [], "heartrate": []}
    for n in range(without, DAYS):
        day = END - timedelta(days=n + 1)
        night = {"id": f"night-{day}", "source": SOURCE, "calendar_date": str(day), "score": n % 100}
        pulse = [{"timestamp": f"{day}T{hour:02}:00:00Z", "unit": "bpm", "value": 50 + hour} for hour in (1, 12)]
        events = (
            envelope("daily.data.sleep.created", night),
            envelope("daily.data.heartrate.created", {"source": SOURCE, "data": pulse}),
        )
        for event in events:
            for clean in push(worker, event, str(n)):
                told.get(clean.topic, []).append(clean.record)
    return told


def notice(resource: str) -> dict[str, Any]:
    return envelope(
        f"historical.data.{resource}.created",
        {"user_id": USER, "provider": "oura", "start_date": f"{START}T00:00:00Z", "end_date": f"{END}T00:00:00Z"},
    )


def reconciled(worker: Worker, now_ms: int = NOW_MS, days: int = DAYS) -> dict[str, ResourceFinding]:
    """Junction says that each resource has so many days of the year."""

    def scan(table: str, start: bytes, stop: bytes) -> list[tuple[bytes, bytes]]:
        return sorted((key, row) for key, row in worker.tables[table].items() if start <= key < stop)

    report = ResourceReport("success", start_us=START_US, end_us=END_US, days=days)
    reports = {("oura", resource): report for resource in ("sleep", "heartrate", "profile")}
    found = compare.compare(reports, view.of_user(USER, scan, now_ms / 1000), now_ms / 1000)
    return {one.resource: one for one in found}


def test_a_year_is_pushed_and_nothing_is_asked_for() -> None:
    """Each day leaves once, as a pipeline's; the notices close the backfills; reconciliation finds everything there."""
    one = worker()
    told = push_days(one)
    rows = [push(one, notice(resource), "done")[-1].record for resource in ("sleep", "heartrate", "profile")]
    assert one.requests == []
    assert {(row["status"], row["reason"]) for row in rows} == {("not_expected", "history_was_pushed")}
    assert [record["score"] for record in told["sleep"]] == [n % 100 for n in range(DAYS)]
    assert [value for record in told["heartrate"] for value in record["values"]] == [51.0, 62.0] * DAYS
    everything = [*told["sleep"], *told["heartrate"]]
    assert {(row["verdict"], row["delivery"]["door"]) for row in everything} == {("NEW", "rabbitmq")}
    assert {found.verdict for found in reconciled(one).values()} == {ReconcileVerdict.COMPLETE}


def test_days_that_were_not_pushed_are_missed() -> None:
    """They may still wait in another topic than the notice; a day later they are fetched."""
    one = worker()
    push_days(one, without=300)
    push(one, notice("sleep"), "done")
    soon, later = reconciled(one)["sleep"], reconciled(one, NOW_MS + 2 * DAY_MS)["sleep"]
    assert (soon.verdict, soon.span) == (ReconcileVerdict.DAYS_MISSING, None)
    assert (later.verdict, later.span) == (ReconcileVerdict.DAYS_MISSING, (START_US, END_US))


@pytest.mark.parametrize(("doors", "door"), [("", "rabbitmq"), ("pubsub,azure", "rabbitmq"), ("rabbitmq", "webhook")])
def test_a_notice_of_another_door_is_followed_by_a_fetch(doors: str, door: str) -> None:
    """It does not show that this user's history is pushed; what is there twice is SAME."""
    one = worker(doors)
    push(one, notice("sleep"), "done", door=door)
    assert [(asked.resource, asked.user_id) for asked in one.requests] == [("sleep", USER)]


def test_a_pushed_notice_needs_no_range() -> None:
    """Its data came before it."""
    event = notice("sleep")
    event["data"]["start_date"] = "soon"
    (row,) = push(worker(), event, "done")
    assert row.record["reason"] == "history_was_pushed"


def test_the_gap_of_an_error_is_still_fetched() -> None:
    """Nobody says whether Junction pulls again what a broken connection missed."""
    one = worker()
    able = {"sleep": {"status": "available"}}
    created = {"provider": {"name": "Oura", "slug": "oura", "logo": ""}, "resource_availability": able}
    push(one, envelope("provider.connection.error", {"provider": "oura", "error_type": "x"}), "a")
    record = raw(json.dumps(envelope("provider.connection.created", created)).encode(), at_ms=NOW_MS + DAY_MS, id="b")
    one.run(record._replace(headers=[*record.headers, ("ce_door", b"rabbitmq")]))
    assert [str(asked.why) for asked in one.requests] == ["reconnect"]


def test_only_pipelines_push() -> None:
    """Others are refused with the names of those that do."""
    field = Settings.model_fields["history_pushed"].annotation
    assert set(get_args(get_args(field)[0])) == PIPELINES
    with pytest.raises(ValueError, match="azure"):
        Settings(_env_file=None, history_pushed="rabbitmq,webhook")
