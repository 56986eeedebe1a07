"""One user is one user, however somebody writes the id: every way in gives the same keys."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.history.reconcile import reports
from connectors.junction.users import read_user
from streams.alerts.lives import threshold as owns
from streams.alerts.lives.threshold import Threshold
from streams.events import ids
from streams.events.headers import H_SUBJECT
from streams.events.identity import identify
from streams.events.partitions import partition_for
from streams.events.signature import Verified
from streams.kafka.reader import Decoded
from streams.kafka.tail import wanted
from streams.letters.explain import explain
from streams.letters.letter import Letter, LetterFilter
from streams.ops.errors import Reason, Rejected
from streams.ops.settings import Settings
from streams.tables.history import progress as progresses
from streams.tables.history import request as requests
from streams.tables.history.job import JobStatus
from streams.tables.history.progress import JobProgress
from streams.tables.history.request import Request
from tests.every_event import events, generations
from tests.folding import NOW_MS, PREFIX, Worker, raw
from tests.status.test_server import Tables, running
from tests.status.test_server import settings as lookup_settings
from tests.strategies import TEAM, USER, envelope
from tests.webhook_records import record_of

UPPER = USER.upper()
uuids = st.uuids().map(str)
casings = st.sampled_from([str.upper, str.title, str.swapcase, str.lower])


@given(uuids, casings)
def test_a_uuid_has_one_spelling(id: str, cased: Any) -> None:
    """Lower case, whatever came; a second time changes nothing."""
    assert ids.canonical(cased(id)) == id == ids.canonical(id)


@given(
    st.text() | st.sampled_from(["Patient-A", USER.upper()[:-1], UPPER + "0", f"{{{UPPER}}}", UPPER.replace("-", "")])
)
@example("P" + UPPER[1:])
@example(UPPER.replace("-", "_"))
def test_what_is_no_uuid_is_opaque(id: str) -> None:
    """Nobody says that its case means nothing, also where it is as long as a UUID."""
    assert ids.canonical(id) == id


def cased(event: dict[str, Any], spelled: Any) -> dict[str, Any]:
    """The event with its user and its team spelled otherwise, wherever they stand."""
    said = {name: spelled(event[name]) for name in ("user_id", "team_id") if name in event}
    data = event["data"]
    if type(data) is dict and "user_id" in data:
        data = {**data, "user_id": spelled(data["user_id"])}
    return {**event, **said, "data": data}


@settings(max_examples=100)
@given(events.flatmap(lambda event: st.sampled_from(generations(event))), casings)
def test_a_worker_knows_one_user(event: dict[str, Any], spelled: Any) -> None:
    """An event of any type and generation, its ids in any case: same tables, keys and users. So do old raw records."""
    one, other = Worker(), Worker()
    said, again = one.deliver(event), other.deliver(cased(event, spelled))
    assert [(clean.topic, clean.key) for clean in said] == [(clean.topic, clean.key) for clean in again]
    assert [(c.record.get("user_id"), c.record.get("team_id")) for c in said] == [
        (c.record.get("user_id"), c.record.get("team_id")) for c in again
    ]
    assert {table: set(rows) for table, rows in one.state.items()} == {t: set(rows) for t, rows in other.state.items()}
    # And so the second is no news; checkout and its like are known by their delivery alone.
    assert one.deliver(cased(event, spelled)) == []


def test_the_second_spelling_is_the_same() -> None:
    """What came under a user in lower case is SAME under the one in upper case."""
    worker = Worker()
    event = envelope(
        "daily.data.heartrate.created",
        {"source": {"provider": "oura"}, "data": [{"timestamp": "2026-06-03T10:00:00Z", "value": 61, "unit": "bpm"}]},
    )
    worker.deliver(event)
    assert worker.deliver(cased(event, str.upper), id="msg_2", at_ms=NOW_MS + 1) == []
    assert worker.counts["verdicts", "timeseries", "heartrate", "SAME"] == 1


IDS = {
    "daily.data.workouts.created": ("id", {"id": USER, "title": "x", "source": {"provider": "oura"}}),
    "daily.data.workout_stream.created": ("workout_id", {"workout_id": USER, "source": {"provider": "oura"}}),
    "daily.data.sleep_cycle.created": ("sleep_id", {"id": "c1", "sleep_id": USER, "source": {"provider": "oura"}}),
    "provider.device.created": ("id", {"id": USER, "provider": "oura", "source_type": "ring"}),
    "labtest.order.created": ("id", {"id": USER, "status": "received"}),
    "labtest.appointment.created": ("order_id", {"id": "a1", "order_id": USER, "status": "pending"}),
    "labtest.order_tracking.updated": ("order_id", {"order_id": USER, "markers": []}),
}


@pytest.mark.parametrize("event_type", IDS)
def test_a_thing_has_one_key(event_type: str) -> None:
    """So have the ids that are part of a key, or refer to one: the same thing in the other case is SAME."""
    name, data = IDS[event_type]
    worker = Worker()
    assert worker.deliver(envelope(event_type, data))
    again = envelope(event_type, {**data, name: UPPER})
    assert worker.deliver(again, id="msg_2", at_ms=NOW_MS + 1) == []


def test_what_a_source_refers_to_has_the_spelling_of_keys() -> None:
    """The device and the workout of a sample are found under their ids, by both readers."""
    source = {"provider": "oura", "device_id": UPPER, "workout_id": UPPER}
    sample = {"timestamp": "2026-06-03T10:00:00Z", "value": 61}
    for more in ({}, {"unheard_of": 1}):
        (*_, clean) = Worker().deliver(
            envelope("daily.data.workout_distance.created", {"source": source, "data": [sample], **more})
        )
        assert (clean.record["source"]["device_id"], clean.record["source"]["workout_id"]) == (USER, USER)


def test_two_people_whose_ids_differ_in_case() -> None:
    """Of ids that are no UUIDs the case counts: the body names two people, and is refused."""
    event = {**envelope("daily.data.body.created", {"id": "1", "weight": 70, "user_id": "ab"}), "user_id": "AB"}
    with pytest.raises(Rejected) as caught:
        Worker().run(raw(json.dumps(event).encode()))
    assert caught.value.reason is Reason.USER_CONFLICT


@given(events, casings)
def test_a_door_has_one_place_for_a_user(event: dict[str, Any], spelled: Any) -> None:
    """Topic, key, headers and partition of a record do not tell how the ids were written."""
    of = Settings(_env_file=None)
    verified = Verified("msg_1", NOW_MS // 1000, 0, ())
    one, other = (
        record_of(json.dumps(said).encode(), verified, "junction", "", now_s=NOW_MS / 1000, settings=of)
        for said in (event, cased(event, spelled))
    )
    assert one == other
    explained = explain(json.dumps(cased(event, spelled)).encode(), prefix=PREFIX, partitions=of.partitions)
    assert (explained.key.encode(), explained.partition) == (one.key, one.partition)


@given(casings)
def test_whoever_names_a_user_means_the_same(spelled: Any) -> None:
    """Requests, progress, thresholds, filters, answers of the API: any casing, in records of any age."""
    user, team = spelled(USER), spelled(TEAM)
    request = requests.decode(requests.encode(Request("bf_1", user, "oura", "sleep", team_id=team)))
    assert (request.key, request.team_id) == ((USER, "oura", "sleep"), TEAM)
    progress = progresses.decode(progresses.encode(JobProgress("bf_1", user, "oura", "sleep", 1, JobStatus.QUEUED)))
    assert isinstance(progress, JobProgress)
    assert progress.user_id == USER
    bound = Threshold(user, "glucose-low", 3.5)
    assert owns.decode(bound.key, owns.encode(bound)) == (Threshold(USER, "glucose-low", 3.5), True)
    assert owns.decode(f"{user}:glucose-low".encode(), None) == (Threshold(USER, "glucose-low"), False)
    assert read_user(json.dumps({"user_id": user, "team_id": team}).encode())[:3] == (USER, "", TEAM)
    said = [{"user_id": user, "provider": {"oura": {"pulled": {"sleep": {"status": "success"}}}}}]
    assert list(reports.read(said, [])) == [(USER, "oura", "sleep")]


@pytest.mark.parametrize(("named", "written"), [(USER, UPPER), (UPPER, USER), (UPPER, UPPER)])
def test_whom_a_command_looks_for(named: str, written: str) -> None:
    """`tail --user` and `dead-letters --user` find what any version wrote, and nobody whose id only begins alike."""
    assert wanted(Decoded("junction.sleep", 1, 7, 0, b"", {"user_id": written}), named)
    assert wanted(Decoded("junction.raw.summaries", 1, 7, 0, f"{written}:sleep".encode(), None), named)
    assert not wanted(Decoded("junction.raw.summaries", 1, 7, 0, f"{written}0:sleep".encode(), None), named)
    letter = Letter(0, 0, 0, b"", b"{}", ((H_SUBJECT, written.encode()),))
    assert LetterFilter(user_id=named).matches(letter)


async def test_the_query_api_answers_for_any_casing() -> None:
    """`GET /users/{user_id}` looks in the partition and under the key of the one spelling."""
    import aiohttp

    worker = Worker()
    worker.deliver(envelope("provider.connection.created", {"provider": {"slug": "oura"}}))
    of = lookup_settings()
    tables = Tables(worker, {partition_for(USER, of.partitions)})
    async with (
        running(of, tables) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}/users/{UPPER}") as answer,
    ):
        view = await answer.json()
    assert view["user_id"] == USER
    assert [link["provider"] for link in view["connections"]] == ["oura"]


def test_identity_of_a_team() -> None:
    """A team is the owner where there is no user, and has one spelling, too."""
    event = {"event_type": "checkout.quote.created", "team_id": TEAM.upper(), "data": {"id": "1"}}
    assert identify(json.dumps(event).encode()).owner_id == TEAM
