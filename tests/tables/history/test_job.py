"""A job fetches every moment of its range, takes what comes along with it, and always ends."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import providers
from streams.events.resources import RESOURCES
from streams.events.times import DAY_US
from streams.ops.errors import Rejected
from streams.tables.history import job as jobs
from streams.tables.history import progress, windows
from streams.tables.history import request as requests
from streams.tables.history.job import LOOPS_MAX, PAGES_MAX, RE_ASK_MS, TRIES_MAX, Job, JobStatus
from streams.tables.history.request import Priority, Request, Why
from streams.tables.history.windows import Span

NOW_MS = 1_780_500_000_000
END_US = NOW_MS * 1000
spans = st.tuples(st.integers(0, 50), st.integers(1, 30)).map(lambda s: (s[0] * DAY_US, (s[0] + s[1]) * DAY_US))
resources = st.sampled_from(["sleep", "heartrate", "steps", "weight", "profile"])


def request(resource: str = "sleep", days: int = 90, **more: object) -> Request:
    span = {"start_us": END_US - days * DAY_US, "end_us": END_US} if days else {}
    return Request("bf_1", "u1", "oura", resource, **span, **more)  # type: ignore[arg-type]  # because they are keywords


def run(job: Job, rows: int = 3, pages: int = 1) -> tuple[Job, list[Span | None]]:
    """Every call of a job that meets no trouble, until it is over or has to wait; `pages` a window."""
    asked, now_ms = [], NOW_MS
    while job.is_open and job.due_ms is not None and job.due_ms <= now_ms:
        span, now_ms = job.call.span, now_ms + 1
        asked.append(span)
        page = int(job.call.cursor or 0) + 1
        job = jobs.after_page(job, rows, str(page) if page < pages else "", now_ms)
    return job, asked


@given(resources, st.integers(1, 400), st.integers(1, 3), st.sampled_from([3, 900, 9_000]))
def test_every_moment_is_asked_for_once(resource: str, days: int, pages: int, rows: int) -> None:
    """Windows cover the range without gap or overlap, the newest first; the first one is as long as the resource's
    rate allows, later ones follow what they hold."""
    job, asked = run(jobs.begin(request(resource, days), NOW_MS), rows, pages)
    assert job.status is JobStatus.COMPLETE
    assert job.pages == len(asked)
    cut = [span for n, span in enumerate(asked) if span and n % pages == 0]
    assert cut[0][1] == END_US
    assert cut[-1][0] == END_US - days * DAY_US
    assert all(later[0] == earlier[1] for later, earlier in itertools.pairwise(cut))
    lengths, first = [(end - start) // DAY_US for start, end in cut], windows.days_of(RESOURCES[resource])
    assert lengths[0] == min(days, first)
    assert all(0 < length <= windows.DAYS_MAX for length in lengths)
    whole = lengths[:-1]  # the last one is what is left
    assert whole == sorted(whole, reverse=rows * pages > windows.ROWS_MANY)
    if rows * pages < windows.ROWS_FEW:
        assert len(cut) <= 8 + days / windows.DAYS_MAX


def test_no_range_is_one_call() -> None:
    """A profile, and the stream of one workout, have no range."""
    for one in (request("profile", 0), request("workout_stream", 0, workout_id="w1")):
        job, asked = run(jobs.begin(one, NOW_MS))
        assert (job.status, asked) == (JobStatus.COMPLETE, [None])


@given(st.lists(spans, max_size=6))
def test_union_is_the_same_moments(some: list[Span]) -> None:
    """A union has the moments of its spans, sorted, without overlaps."""
    merged = windows.union(some)
    days = {day for start, end in some for day in range(start // DAY_US, end // DAY_US)}
    assert [day for start, end in merged for day in range(start // DAY_US, end // DAY_US)] == sorted(days)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(merged))


@given(spans, spans, st.integers(0, 5))
def test_a_request_takes_its_range_along(first: Span, second: Span, steps: int) -> None:
    """Whatever an open job has done by then, every moment of a request that joins is asked for afterwards."""
    job = jobs.begin(Request("bf_1", "u1", "oura", "heartrate", *first), NOW_MS)
    for _ in range(steps):
        if job.is_open:
            job = jobs.after_page(job, 1, "", NOW_MS)
    joined = jobs.join(job, Request("bf_2", "u1", "oura", "heartrate", *second), NOW_MS)
    _, asked = run(joined)
    got = windows.union([span for span in asked if span])
    assert any(start <= second[0] and second[1] <= end for start, end in got)
    assert joined.request.id == ("bf_1" if job.is_open else "bf_2")
    assert joined.seq > job.seq


@given(
    resources, st.integers(0, 200), st.lists(st.sampled_from(["page", "rows", "trouble", "large", "join"]), max_size=9)
)
def test_a_job_is_equal_to_itself_as_stored_and_to_no_later_one(resource: str, days: int, steps: list[str]) -> None:
    """What is read back equals what was written, and every transition changes it: by this an answer finds its job."""
    found, asked = [jobs.begin(request(resource, days), NOW_MS)], request(resource, days, priority=Priority.FRESH)
    for step in steps:
        job = found[-1]
        if not job.is_open:
            break
        ways = {
            "page": lambda job=job: jobs.after_page(job, 0, "", NOW_MS),
            "rows": lambda job=job: jobs.after_page(job, 3, "next", NOW_MS),
            "trouble": lambda job=job: jobs.after_trouble(job, "busy", NOW_MS),
            "large": lambda job=job: jobs.after_too_large(job, NOW_MS),
            "join": lambda job=job: jobs.join(job, asked, NOW_MS),
        }
        found.append(ways[step]())
    assert [jobs.decode(jobs.encode(job)) for job in found] == found
    assert not any(one == other for one, other in itertools.combinations(found, 2))


def test_a_job_of_the_version_before_is_read() -> None:
    """Bytes that it stored mean the job that they meant."""
    stored = bytes.fromhex(
        "01dc001186a26964a462665f31a7757365725f6964a27531a870726f7669646572a46f757261a87265736f75726365a5736c656570a873746172745f757301a6656e645f757302a86665746368696e670106909201021e03a46e65787491ce042f103c0103000000a005"
    )
    one = Request("bf_1", "u1", "oura", "sleep", 1, 2)
    assert jobs.decode(stored) == jobs.after_page(jobs.begin(one, 5), 3, "next", 6)


def test_a_higher_priority_joins_too() -> None:
    """Somebody looks at an empty screen: the waiting job moves up."""
    job = jobs.join(jobs.begin(request(priority=Priority.LATE), NOW_MS), request(priority=Priority.FRESH), NOW_MS)
    assert job.request.priority is Priority.FRESH


def test_nothing_found_is_asked_again() -> None:
    """Empty answers are asked again after 15 min, 1 h, 6 h and 24 h, the whole range each time, and then stay empty."""
    job, now_ms, waits = jobs.begin(request(days=20), NOW_MS), NOW_MS, []
    while job.is_open:
        job = jobs.after_page(job, 0, "", now_ms)
        assert job.status is JobStatus.EMPTY
        if job.due_ms is not None:
            assert job.call.span == (END_US - 20 * DAY_US, END_US)
            waits.append(job.due_ms - now_ms)
            now_ms = job.due_ms
    assert tuple(waits) == RE_ASK_MS
    found = jobs.after_page(jobs.after_page(jobs.begin(request(days=20), NOW_MS), 0, "", NOW_MS), 7, "", NOW_MS)
    assert (found.status, found.rows) == (JobStatus.COMPLETE, 7)


@pytest.mark.parametrize(("provider", "resource"), [("polar", "activity"), ("oura", "profile")])
def test_nothing_where_nothing_is_to_be_expected(provider: str, resource: str) -> None:
    """Polar's history holds sleep only, and nothing proves a profile: one empty answer is enough."""
    assert providers.is_empty_final(provider, resource)
    one = Request("bf_1", "u1", provider, resource, END_US - DAY_US, END_US)
    assert not jobs.after_page(jobs.begin(one, NOW_MS), 0, "", NOW_MS).is_open


def test_trouble_parks_and_then_ends() -> None:
    """Each try waits longer, at least as long as the API asks; a page resets the count; after TRIES_MAX: failed."""
    job, waits = jobs.begin(request(), NOW_MS), list[int]()
    while job.is_open:
        job = jobs.after_trouble(job, "unavailable", NOW_MS)
        waits += [job.due_ms - NOW_MS] if job.due_ms else []
    assert waits == sorted(waits)
    assert len(waits) == TRIES_MAX
    assert (job.status, job.reason) == (JobStatus.FAILED, "unavailable")
    asked = jobs.after_trouble(jobs.begin(request(), NOW_MS), "rate_limited", NOW_MS, retry_after_s=900)
    assert asked.due_ms == NOW_MS + 900_000
    assert jobs.after_page(asked, 1, "c", NOW_MS).tries == 0


def test_our_credentials_are_no_fault_of_a_job() -> None:
    """A wrong key parks every job and fails none."""
    job = jobs.begin(request(), NOW_MS)
    for _ in range(3 * TRIES_MAX):
        job = jobs.after_trouble(job, "credentials", NOW_MS, is_ours=True)
    assert job.is_open
    assert job.tries == 0


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_a_walk_in_circles_ends(cursors: Sequence[str]) -> None:
    """A cursor that comes again starts the window anew, and after a few times the job has failed."""
    job, calls = jobs.begin(request("heartrate"), NOW_MS), 0
    while job.is_open:
        before = job.loops
        for cursor in cursors:
            calls += 1
            job = jobs.after_page(job, 1, cursor, NOW_MS)
            if job.loops > before or not job.is_open:
                break
        assert not job.is_open or job.call.cursor == ""
    assert (job.status, job.reason, calls) == (JobStatus.FAILED, "cursor_loop", (LOOPS_MAX + 1) * len(cursors))


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(2, 5))
def test_a_lost_cursor_costs_a_window_and_no_row(losses: list[bool], pages: int) -> None:
    """A cursor that has ended begins its window anew: each window was walked through whole, or the job has failed."""
    job, walk, whole = jobs.begin(request("heartrate", 20), NOW_MS), [], []
    for is_lost in itertools.chain(losses, itertools.repeat(False)):
        if not job.is_open:
            break
        window = job.window
        if is_lost and job.cursor:
            job, walk = jobs.after_lost_cursor(job, NOW_MS), []
            assert job.call.cursor == "" or not job.is_open
            continue
        walk.append(window)
        job = jobs.after_page(job, 1, f"{window}-{len(walk)}" if len(walk) < pages else "", NOW_MS)
        if job.window != window or not job.is_open:
            whole, walk = [*whole, len(walk)], []
    assert (job.status, job.reason) == (JobStatus.FAILED, "cursor_refused") or (
        job.status is JobStatus.COMPLETE and set(whole) == {pages}
    )


def test_a_walk_without_end_ends() -> None:
    """A window of more than PAGES_MAX pages is not read for ever."""
    job, calls = jobs.begin(request("heartrate", 1), NOW_MS), 0
    while job.is_open:
        calls += 1
        job = jobs.after_page(job, 1, f"cursor-{calls}", NOW_MS)
    assert job.reason == "cursor_loop"
    assert calls == (LOOPS_MAX + 1) * (PAGES_MAX + 1)


@given(st.integers(1, 20), st.integers(0, 2**32))
def test_an_answer_that_is_too_large_is_asked_for_in_parts(days: int, sizes: int) -> None:
    """Whichever answers are too large, every moment is asked for, the newest first; a window of an hour may fail."""
    job, asked, steps = jobs.begin(request("weight", days), NOW_MS), [], 0
    while job.is_open:
        steps += 1
        if sizes >> steps & 1:
            job = jobs.after_too_large(job, NOW_MS)
        else:
            asked.append(job.call.span)
            job = jobs.after_page(job, 1, "", NOW_MS)
    assert job.status is JobStatus.COMPLETE or job.reason == "too_large"
    if job.status is JobStatus.COMPLETE:
        assert windows.union([span for span in asked if span]) == ((END_US - days * DAY_US, END_US),)
        assert all(later[1] == earlier[0] for earlier, later in itertools.pairwise(asked) if earlier and later)


@given(st.lists(st.sampled_from(["page", "cursor", "empty", "trouble", "ours", "join"]), max_size=30), resources)
def test_numbers_grow_and_bytes_round_trip(steps: list[str], resource: str) -> None:
    """Every transition has a number of its own, greater than all before; a job is what its bytes say."""
    job = jobs.begin(request(resource), NOW_MS)
    for n, step in enumerate(steps):
        before = job
        if step == "join" or not job.is_open:
            job = jobs.join(job, request(resource), NOW_MS)
        elif step in ("trouble", "ours"):
            job = jobs.after_trouble(job, "unavailable", NOW_MS, is_ours=step == "ours")
        else:
            job = jobs.after_page(job, 0 if step == "empty" else 5, f"{n}" if step == "cursor" else "", NOW_MS)
        assert job.seq > before.seq
        assert jobs.decode(jobs.encode(job)) == job
        said = progress.decode(progress.encode(progress.of(job, NOW_MS)))
        assert 0 <= said.share <= 1
        assert (said.share == 1.0) >= (not job.is_open)


@pytest.mark.parametrize("why", list(Why))
def test_requests_round_trip(why: Why) -> None:
    """A request is what its bytes say; fields that we do not know do not disturb."""
    one = request(why=why, priority=Priority.LATE, client_user_id="c", team_id="t")
    assert requests.decode(requests.encode(one)) == one
    assert requests.decode(requests.encode(one)[:-1] + b',"new":1}') == one


NO_ID = b'{"id":"","user_id":"u","provider":"p","resource":"r"}'


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b"{}", NO_ID])
def test_no_request_is_rejected(value: bytes) -> None:
    """Anything else has one outcome."""
    with pytest.raises(Rejected):
        requests.decode(value)
    if value != NO_ID:
        with pytest.raises(Rejected):
            progress.decode(value)
