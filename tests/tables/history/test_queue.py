"""The queue: what is due, in which order, and that its rows are where its jobs are."""

from hypothesis import given
from hypothesis import strategies as st

from streams.tables.draft import Draft
from streams.tables.history import job as jobs
from streams.tables.history import queue
from streams.tables.history.job import Job
from streams.tables.history.request import Priority, Request

NOW_MS = 1_780_500_000_000


class Store:
    """One table in memory; a draft applied is a transaction committed."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.heads = queue.Heads()

    def draft(self) -> Draft:
        return Draft(
            lambda _, key: self.rows.get(key),
            scan=lambda _, start, stop: iter(sorted((k, v) for k, v in self.rows.items() if start <= k < stop)),
        )

    def apply(self, draft: Draft) -> None:
        for key, value in draft.tables.get(queue.TABLE, {}).items():
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value

    def save(self, job: Job) -> None:
        draft = self.draft()
        row = queue.row_of(job.request.key)
        queue.save(draft, queue.load(draft, row), job)
        self.apply(draft)

    def due(self, now_ms: int) -> list[str]:
        return [job.request.user_id for _, job in self.heads.due(self.draft(), now_ms)]


def job(user: str, *, due_ms: int = NOW_MS, priority: Priority = Priority.NORMAL, **more: str) -> Job:
    return jobs.begin(Request("bf", user, "oura", "sleep", 1, 2, priority=priority, not_before_ms=due_ms, **more), 0)


def test_order() -> None:
    """Within a lane the earliest due; a lower lane waits for a time, but not for ever; what is not due is not there."""
    store = Store()
    for one in (
        job("late", due_ms=NOW_MS - 700_000, priority=Priority.LATE),
        job("normal", due_ms=NOW_MS - 1),
        job("fresh", priority=Priority.FRESH),
        job("fresh earlier", due_ms=NOW_MS - 5, priority=Priority.FRESH),
        job("parked", due_ms=NOW_MS + 1, priority=Priority.FRESH),
        job("late, since just now", priority=Priority.LATE),
    ):
        store.save(one)
    assert store.due(NOW_MS) == ["late", "fresh earlier", "fresh", "normal", "late, since just now"]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["due", "later", "over"]), st.sampled_from(Priority))),
    st.booleans(),
)
def test_the_queue_is_the_open_jobs(steps: list[tuple[str, str, Priority]], forget: bool) -> None:
    """After any steps the due rows are exactly the open jobs that are due, each once, heads remembered or not."""
    store, now_ms = Store(), NOW_MS
    state: dict[str, str] = {}
    for user, what, priority in steps:
        now_ms += 1
        store.due(now_ms)
        one = job(user, due_ms=now_ms + (1_000_000 if what == "later" else 0), priority=priority)
        store.save(jobs.refuse(one, "refused") if what == "over" else one)
        state[user] = what
        if forget:
            store.heads.forget()
    assert sorted(store.due(now_ms)) == sorted(user for user, what in state.items() if what == "due")
    places = [key for key in store.rows if key.startswith(b"q")]
    assert len(places) == sum(what != "over" for what in state.values())


def test_a_workouts_stream_leaves_no_row() -> None:
    """There are too many workouts to remember each for ever; other jobs stay, for the number of their last step."""
    store = Store()
    for one in (job("u", workout_id="w1"), job("u")):
        store.save(one)
        store.save(jobs.after_page(one, 5, "", NOW_MS))
    assert [key for key in store.rows if b"w1" in key] == []
    assert len(store.rows) == 1
