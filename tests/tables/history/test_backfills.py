"""The history of a resource: what is asked for after which event, and what the row says as it comes in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.events.times import DAY_US
from streams.tables.history import backfills, progress
from streams.tables.history import job as jobs
from streams.tables.history.backfills import BackfillStatus, ProcessedRows
from streams.tables.history.progress import JobProgress
from streams.tables.history.request import Priority, Request, Why
from tests.folding import NOW_MS, PREFIX, Clean, RawRecord, Worker

USER, TEAM = "u1", "t1"
START, END = "2026-03-01T00:00:00+00:00", "2026-06-01T00:00:00+00:00"
START_US, END_US = 1_772_323_200_000_000, 1_780_272_000_000_000


def event(event_type: str, data: Any) -> dict[str, Any]:
    return {"event_type": event_type, "user_id": USER, "client_user_id": "c1", "team_id": TEAM, "data": data}


def notice(resource: str = "sleep", provider: str = "oura", **more: Any) -> dict[str, Any]:
    return event(
        f"historical.data.{resource}.created", {"provider": provider, "start_date": START, "end_date": END} | more
    )


def connected(provider: str = "oura", *resources: str) -> dict[str, Any]:
    able = {name: {"status": "available"} for name in resources}
    data = {"provider": {"name": "X", "slug": provider, "logo": ""}, "resource_availability": able}
    return event("provider.connection.created", data)


def failed(provider: str = "oura") -> dict[str, Any]:
    return event("provider.connection.error", {"provider": provider, "error_type": "token_refresh_failed"})


def say(worker: Worker, said: JobProgress) -> list[Clean]:
    """The fetcher says something."""
    record = RawRecord(f"{PREFIX}.{topics.FETCH_PROGRESS}", 3, 0, NOW_MS, b"k", progress.encode(said), [])
    return worker.run(record)


def historical(worker: Worker, id: str, *, backfill_id: str, at_ms: int = NOW_MS, score: int = 70) -> list[Clean]:
    """A fetched night, as the fetcher stores it."""
    data = {"id": id, "source": {"provider": "oura"}, "calendar_date": "2026-05-01", "score": score}
    how = {"ce_door": "api", "ce_origin": "historical", "ce_backfillid": backfill_id}
    return worker.deliver(event("daily.data.sleep.created", data), at_ms=at_ms, id=f"{backfill_id}-{id}", headers=how)


def test_a_notice_leads_to_one_request() -> None:
    """The range, a day wider on both sides; who it is; nothing for a redelivery; another one for another notice."""
    worker = Worker()
    worker.deliver(notice())
    worker.deliver(notice())
    (asked,) = worker.requests
    assert (asked.user_id, asked.provider, asked.resource) == (USER, "oura", "sleep")
    assert (asked.start_us, asked.end_us) == (START_US - DAY_US, END_US + DAY_US)
    assert (asked.why, asked.priority, asked.client_user_id, asked.team_id) == (Why.NOTICE, Priority.FRESH, "c1", TEAM)
    worker.deliver(notice(), id="msg_2", at_ms=NOW_MS + 5)
    assert len({request.id for request in worker.requests}) == 2


@pytest.mark.parametrize(
    ("resource", "provider", "more", "reason"),
    [
        ("steps", "garmin", {}, "history_comes_as_events"),
        ("hypnogram", "oura", {}, "removed_resource"),
        ("new_thing", "oura", {}, "unknown_resource"),
        ("sleep", "oura", {"start_date": "soon"}, "notice_without_range"),
    ],
)
def test_what_is_not_to_be_fetched(resource: str, provider: str, more: dict[str, str], reason: str) -> None:
    """Garmin's notice proves nothing, its history comes as events; some notices lead nowhere. The row says why."""
    worker = Worker()
    (row,) = worker.deliver(notice(resource, provider, **more))
    assert worker.requests == []
    assert (row.record["status"], row.record["reason"]) == ("not_expected", reason)


def test_a_profile_has_no_range() -> None:
    """A notice without a usable range is enough for a resource that has none."""
    worker = Worker()
    worker.deliver(notice("profile", start_date=None))
    assert [(request.start_us, request.end_us) for request in worker.requests] == [(0, 0)]


def test_the_row_follows_the_fetch() -> None:
    """Notified, fetching, complete only when every row has come out; counts by verdict; first and last data."""
    worker = Worker()
    assert worker.deliver(notice())[0].record["status"] == "notified"
    (request,) = worker.requests
    job = jobs.begin(request, NOW_MS)
    (row,) = say(worker, progress.of(job, NOW_MS))
    assert (row.record["status"], row.record["backfill_id"]) == ("queued", request.id)
    worker.deliver(event("daily.data.sleep.created", {"id": "n1", "source": {"provider": "oura"}, "score": 70}), id="m")
    while job.is_open:
        job = jobs.after_page(job, 1, "", NOW_MS)
        (row,) = say(worker, progress.of(job, NOW_MS))
        assert (row.record["status"], row.record["pages"]) == ("fetching", job.pages)
    assert row.record["share"] == 1.0
    ends = [historical(worker, f"n{n}", backfill_id=request.id, at_ms=NOW_MS + 1) for n in range(1, job.rows + 1)]
    assert [clean.topic for clean in ends[-1]] == ["sleep", "backfills"]
    last = ends[-1][-1].record
    assert (last["status"], last["rows"]) == ("complete", job.rows)
    assert (last["rows_new"], last["rows_changed"], last["rows_same"]) == (job.rows - 1, 1, 0)
    assert last["first_data_at"] is not None
    assert ends[0][0].record["delivery"]["backfill_id"] == request.id


done = st.builds(
    ProcessedRows, st.just("bf"), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3),
    st.none() | st.integers(0, 9), st.none() | st.integers(0, 9),
)  # fmt: skip
said = st.builds(
    lambda seq, status, rows: JobProgress("bf", USER, "oura", "sleep", seq, status, rows=rows),
    st.integers(0, 5), st.sampled_from(jobs.JobStatus), st.integers(0, 4),
)  # fmt: skip


@given(st.lists(done, max_size=5), st.lists(said, max_size=5, unique_by=lambda one: one.seq), st.data())
def test_rows_and_progress_meet_in_any_order(
    rows: list[ProcessedRows], words: list[JobProgress], data: st.DataObject
) -> None:
    """They come through different topics: whichever way they interleave, the row ends the same."""
    ends = []
    for _ in range(2):
        state = backfills.EMPTY
        for one in data.draw(st.permutations([*rows, *words])):
            state = (
                backfills.add_rows(state, one)
                if isinstance(one, ProcessedRows)
                else backfills.merge_progress(state, one)
            )
        assert backfills.decode(backfills.encode(state)) == state
        ends.append(state)
    assert ends[0] == ends[1]
    if ends[0].status is BackfillStatus.COMPLETE:
        assert sum(one.rows for one in rows) >= max(words, key=lambda one: one.seq).rows


ids = st.sampled_from(["bf_1", "bf_2", "bf_3"])
of_several = st.one_of(
    st.builds(ProcessedRows, ids, *(st.integers(0, 2) for _ in range(4)), st.none(), st.none()),
    st.builds(
        lambda id, seq, rows: JobProgress(id, USER, "oura", "sleep", seq, jobs.JobStatus.COMPLETE, rows=rows),
        ids, st.integers(0, 50), st.integers(0, 4),
    ),
)  # fmt: skip


@given(
    st.lists(of_several, max_size=9, unique_by=lambda one: one.seq if isinstance(one, JobProgress) else id(one)),
    st.data(),
)
def test_rows_of_several_backfills_come_mixed(said: list[ProcessedRows | JobProgress], data: st.DataObject) -> None:
    """Rows of two or three backfills alternate, in any way, around the words of their fetches: others are told the same
    in the end, with all rows of the backfill whose word is the newest."""
    ends = []
    for _ in range(2):
        state = backfills.EMPTY
        for one in data.draw(st.permutations(said)):
            state = (
                backfills.add_rows(state, one)
                if isinstance(one, ProcessedRows)
                else backfills.merge_progress(state, one)
            )
        assert backfills.decode(backfills.encode(state)) == state
        ends.append(state)
    assert (ends[0].visible, ends[0].processed) == (ends[1].visible, ends[1].processed)
    if fetch := ends[0].fetch:
        rows = sum(one.rows for one in said if isinstance(one, ProcessedRows) and one.id == fetch.id)
        assert (ends[0].status is BackfillStatus.COMPLETE) == (rows >= fetch.rows)


def test_the_backfill_that_is_spoken_of_keeps_its_count() -> None:
    """However many others come by, a few counts are kept, and its own is one of them."""
    word = JobProgress("bf", USER, "oura", "sleep", 1, jobs.JobStatus.COMPLETE, rows=2)
    state = backfills.add_rows(backfills.merge_progress(backfills.EMPTY, word), ProcessedRows("bf", 1))
    for n in range(20):
        state = backfills.add_rows(state, ProcessedRows(f"bf_{n}", 1))
    assert [one.id for one in state.done] == ["bf", "bf_17", "bf_18", "bf_19"]
    assert backfills.add_rows(state, ProcessedRows("bf", 1)).status is BackfillStatus.COMPLETE


def test_rows_of_the_version_before_are_read() -> None:
    """A stored state with one count and its time, and one without, mean what they meant."""
    word = JobProgress(
        "bf_1", USER, "oura", "sleep", 4, jobs.JobStatus.COMPLETE, why="notice", start_us=1, end_us=9, share=1.0,
        pages=2, rows=5, began_ms=1, at_ms=2,
    )  # fmt: skip
    state = backfills.merge(backfills.EMPTY, backfills.HistoryNotice(NOW_MS, "msg_1", 1, 9, True))
    state = backfills.add_rows(backfills.merge_progress(state, word), ProcessedRows("bf_1", 2, 1, 1, 1, 3, 8))
    stored = bytes.fromhex(
        "019596cf0000019e8e11ed00a56d73675f310109c3c29192cf0000019e8e11ed00a56d73675f319d04a462665f31a8636f6d706c657465"
        "a66e6f746963650109cb3ff00000000000000205a000010298a462665f31cf0000019e8e11ed07020101010308a0"
    )
    assert backfills.decode(stored) == state
    assert backfills.decode(bytes.fromhex("0195c090c0c0a178")) == backfills.Backfill(not_expected="x")


def test_nothing_new_is_not_told() -> None:
    """A step of the job that others cannot see leaves no record."""
    worker = Worker()
    worker.deliver(notice())
    job = jobs.begin(worker.requests[0], NOW_MS)
    assert len(say(worker, progress.of(job, NOW_MS))) == 1
    assert say(worker, progress.of(jobs.join(job, worker.requests[0], NOW_MS), NOW_MS + 5)) == []


def test_after_an_error_only_the_gap() -> None:
    """Connected again: the notice asks from a day before the break on, because the rest is here; so do we at once."""
    worker = Worker()
    worker.deliver(connected("oura", "sleep"), at_ms=NOW_MS - 10 * 86_400_000)
    worker.deliver(notice(), at_ms=NOW_MS - 10 * 86_400_000 + 1, id="n1")
    (request,) = worker.requests
    job = jobs.begin(request, NOW_MS - 10 * 86_400_000 + 2)
    while job.is_open:
        job = jobs.after_page(job, 0 if job.todo else 1, "", NOW_MS)
    say(worker, progress.of(job, NOW_MS))
    historical(worker, "n1", backfill_id=request.id)
    worker.requests.clear()
    worker.deliver(failed(), at_ms=NOW_MS - 3 * 86_400_000, id="e")
    assert worker.requests == []
    worker.deliver(connected("oura", "sleep", "profile"), at_ms=NOW_MS, id="c2")
    assert {(r.resource, r.why) for r in worker.requests} == {("sleep", Why.RECONNECT), ("profile", Why.RECONNECT)}
    gap = worker.requests[0]
    assert (gap.start_us, gap.end_us) == ((NOW_MS - 4 * 86_400_000) * 1000, (NOW_MS + 86_400_000) * 1000)
    worker.deliver(notice(end_date="2026-06-03T15:00:00+00:00"), at_ms=NOW_MS + 5, id="n2")
    again = worker.requests[-1]
    assert again.why is Why.NOTICE
    assert START_US < again.start_us <= (NOW_MS - 4 * 86_400_000) * 1000


def test_the_error_may_come_late() -> None:
    """The error of before the reconnection, delivered after it, asks for the same gap; said again, for nothing."""
    worker = Worker()
    worker.deliver(connected("oura", "sleep"), at_ms=NOW_MS)
    worker.deliver(failed(), at_ms=NOW_MS - 86_400_000, id="e")
    worker.deliver(failed(), at_ms=NOW_MS - 86_400_000, id="e")
    assert [(r.resource, r.why) for r in worker.requests] == [("sleep", Why.RECONNECT)]


def test_a_provider_without_notices_is_asked() -> None:
    """Dexcom G6 never announces its day of history: we ask by ourselves, a while after the connection."""
    worker = Worker()
    worker.deliver(connected("dexcom", "glucose"), at_ms=NOW_MS)
    (request,) = worker.requests
    assert request.not_before_ms > NOW_MS
    assert request.end_us - request.start_us == 3 * DAY_US


def test_a_notice_of_a_stream_asks_for_it_once() -> None:
    """One request for a new notice, none for its redelivery, and none for the stream itself."""
    worker = Worker()
    shallow = {"workout_id": "w1", "source": {"provider": "strava"}, "message": "ask"}
    worker.deliver(event("daily.data.workout_stream.created", shallow))
    worker.deliver(event("daily.data.workout_stream.created", shallow))
    (request,) = worker.requests
    assert (request.key, request.why) == ((USER, "strava", "workout_stream", "w1"), Why.STREAM)
    stream = {"workout_id": "w1", "source": {"provider": "strava"}, "stream": {"time": [1, 2.5], "power": [7, None]}}
    how = {"ce_door": "api", "ce_origin": "historical", "ce_backfillid": request.id}
    first = worker.deliver(event("daily.data.workout_stream.created", stream), id="s1", headers=how, at_ms=NOW_MS + 1)
    again = worker.deliver(event("daily.data.workout_stream.created", stream), id="s2", headers=how, at_ms=NOW_MS + 2)
    (clean,) = (one for one in first if one.topic == "workout_stream")
    assert [time.timestamp() for time in clean.record["times"]] == [1, 2.5]
    assert clean.record["power_w"] == [7.0, None]
    assert clean.record["unknown_fields"] is None
    assert [one for one in again if one.topic == "workout_stream"] == []
    assert len(worker.requests) == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_stream_that_is_not_there_is_done(order: tuple[int, int]) -> None:
    """Of the streams that a listing found, one does not exist: the backfill completes all the same, whichever word is
    read first. That of a workout which has just come says nothing of it."""
    worker = Worker()
    key = {"user_id": USER, "provider": "strava", "resource": "workout_stream"}
    listing = jobs.Job(Request("bf_1", **key), jobs.JobStatus.COMPLETE, 3, None, rows=1)
    child = jobs.Job(Request("bf_1", **key, workout_id="w1"), jobs.JobStatus.EMPTY, 1, None)
    live = jobs.Job(Request("bf_1", **key, workout_id="w2", why=Why.STREAM), jobs.JobStatus.EMPTY, 1, None)
    assert say(worker, progress.of(live, NOW_MS)) == []
    for n in order:
        told = say(worker, progress.of((listing, child)[n], NOW_MS))
    assert (told[-1].record["status"], told[-1].record["rows_other"]) == ("complete", 1)


def test_a_notice_that_comes_late_decides_nothing() -> None:
    """Whether there is something to fetch is said by the newest notice, in whatever order they come."""
    rows = []
    for order in ((0, 1), (1, 0)):
        worker, notices = Worker(), (notice(), notice(start_date="soon"))
        for n in order:
            worker.deliver(notices[n], at_ms=NOW_MS + n, id=f"msg_{n}")
        rows.append(worker.state["backfills"])
    assert rows[0] == rows[1]
