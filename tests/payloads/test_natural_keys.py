"""Keys of summaries whose bodies have no id: a session by its start, the rest by their day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.resources import RESOURCES, Kind
from streams.ops.errors import Reason, Rejected
from streams.payloads.decode import decode
from streams.payloads.summary import Summary
from tests.agents.test_laws import bytes_of
from tests.every_event import MANY_TESTS, generations, of
from tests.folding import NOW_MS, Worker
from tests.strategies import envelope

LIKE = settings(max_examples=30, suppress_health_check=MANY_TESTS)
SUMMARIES = [row.name for row in RESOURCES.values() if row.kind is Kind.SUMMARY]
# By what an entity of each is told from another of the same source (domain file, 2.4 and 2.6).
STARTS = {
    "sleep": "bedtime_start", "sleep_cycle": "session_start", "workouts": "time_start", "meal": "timestamp",
    "electrocardiogram": "session_start",
}  # fmt: skip
DAYS = {"activity": "calendar_date", "body": "calendar_date", "menstrual_cycle": "period_start"}
moments = st.integers(0, 10**7).map(lambda s: datetime(2026, 6, 3, tzinfo=UTC) + timedelta(seconds=s))
SOURCE = {"provider": "oura", "type": "ring"}


def id_of(event: dict[str, Any]) -> str:
    found = decode(bytes_of(event))
    assert isinstance(found, Summary)
    return found.id


def without_id(event: dict[str, Any], **data: Any) -> dict[str, Any]:
    kept = {name: value for name, value in event["data"].items() if name != "id"}
    return {**event, "data": {**kept, **data}}


@pytest.mark.parametrize("resource", STARTS)
def test_two_sessions_have_two_keys(resource: str) -> None:
    """Bodies that differ in start differ in key, on whatever day they count; written otherwise a start is the same."""

    @LIKE
    @given(of(f"daily.data.{resource}.created"), moments, moments)
    def law(event: dict[str, Any], one: datetime, other: datetime) -> None:
        first, second = (
            id_of(without_id(event, calendar_date="2026-06-03", **{STARTS[resource]: at.isoformat()}))
            for at in (one, other)
        )
        assert (first == second) == (one == other)
        zulu = one.isoformat().replace("+00:00", "Z")
        assert id_of(without_id(event, **{STARTS[resource]: zulu})) == first

    law()


@pytest.mark.parametrize("resource", SUMMARIES)
def test_the_same_has_one_key(resource: str) -> None:
    """A body in the shapes of three generations, and sent again with other values, has the same natural key."""
    when = {STARTS.get(resource, DAYS.get(resource, "")): "2026-06-03T10:00:00+00:00"}

    @LIKE
    @given(of(f"daily.data.{resource}.created"), of(f"daily.data.{resource}.updated"))
    def law(event: dict[str, Any], again: dict[str, Any]) -> None:
        same = {"source": SOURCE, "workout_id": "w1"} if resource == "workout_stream" else {"source": SOURCE, **when}
        said = [*generations(without_id(event, **same)), *generations(without_id(again, **same))]
        assert len({id_of(one) for one in said}) == 1

    law()


@pytest.mark.parametrize("resource", ["activity", "body"])
def test_a_day_is_a_day_under_its_old_name(resource: str) -> None:
    """`date` is the twin of `calendar_date`: its midnight is the day. Another time of that day is something else."""
    event = envelope(f"daily.data.{resource}.created", {"source": SOURCE, "steps": 1})
    new, old = without_id(event, calendar_date="2026-06-03"), without_id(event, date="2026-06-03T00:00:00+00:00")
    assert id_of(new) == id_of(old) == "~oura/ring/2026-06-03"
    assert id_of(without_id(event, date="2026-06-03T07:30:00+00:00")) != id_of(new)


@pytest.mark.parametrize("resource", sorted({*STARTS} - {"sleep_cycle", "electrocardiogram"}))
def test_a_session_without_a_start_has_its_day(resource: str) -> None:
    """Two bodies of one day, of which nobody says when they began, are one."""
    event = envelope(f"daily.data.{resource}.created", {"source": SOURCE, "name": "x", "calendar_date": "2026-06-03"})
    assert id_of(event) == "~oura/ring/2026-06-03"


def test_a_nap_does_not_replace_the_night() -> None:
    """Both leave as NEW, under two keys."""
    night = {"bedtime_start": "2026-06-02T22:30:00+00:00", "type": "long_sleep"}
    nap = {"bedtime_start": "2026-06-03T13:00:00+00:00", "type": "acknowledged_nap"}
    worker = Worker()
    told = [
        worker.deliver(envelope("daily.data.sleep.created", one), id=f"msg_{n}", at_ms=NOW_MS + n)[-1]
        for n, one in enumerate({"source": SOURCE, "calendar_date": "2026-06-03", **said} for said in (night, nap))
    ]
    assert [clean.record["verdict"] for clean in told] == ["NEW", "NEW"]
    assert told[0].key != told[1].key


parts = st.sampled_from(["a", "a/b", "b", "a%2Fb", "%", "/", "b/c"])


@given(parts, parts, parts, parts)
def test_natural_keys_do_not_meet(provider: str, kind: str, other_provider: str, other_kind: str) -> None:
    """Whatever sources are called, two of them give two keys."""
    one, other = (
        id_of(envelope("daily.data.profile.created", {"height": 180, "source": {"provider": name, "type": type_}}))
        for name, type_ in ((provider, kind), (other_provider, other_kind))
    )
    assert (one == other) == ((provider, kind) == (other_provider, other_kind))


@pytest.mark.parametrize("event_type", ["provider.device.created", "daily.data.workout_stream.created"])
def test_what_has_neither_id_nor_time_has_no_key(event_type: str) -> None:
    """A device is its id, a notice the workout's: a day in its body tells nothing."""
    body = {"provider": "oura", "source_type": "ring", "message": "x", "calendar_date": "2026-06-03"}
    with pytest.raises(Rejected) as caught:
        Worker().deliver(envelope(event_type, body))
    assert caught.value.reason is Reason.NO_KEY
