"""`junction.fetch_progress`: progress of the fetchers, joined to the notices of the same history; and outages."""

from streams.agents.steps import backfill_rows
from streams.agents.steps.outlet import Outlet
from streams.agents.sweeps import outage
from streams.events import Record, body_of
from streams.tables import Draft, Fold
from streams.tables.history import JobProgress, JobStatus, Outage, ProcessedRows, Why, backfills
from streams.tables.history import progress as progresses


def fold_of(outlet: Outlet) -> Fold:
    """The fold of `junction.fetch_progress`."""

    def fold(record: Record, draft: Draft) -> None:
        progress = progresses.decode(body_of(record))
        if isinstance(progress, Outage):
            outage.note(draft, progress)
            return
        key = (progress.user_id, progress.provider, progress.resource)
        before = backfill_rows.load(draft, key)
        after = _of_workout(before, progress) if progress.workout_id else backfills.merge_progress(before, progress)
        who = {"client_user_id": progress.client_user_id or None, "team_id": progress.team_id or None}
        backfill_rows.store(draft, outlet, key, before, after, who)

    return fold


def _of_workout(state: backfills.Backfill, progress: JobProgress) -> backfills.Backfill:
    """One workout's stream is a row of its backfill: when it turns out not to exist, that row is done, too. That of a
    workout that has just come is no row of any."""
    if (
        progress.why == Why.STREAM
        or progress.rows
        or progress.status not in (JobStatus.EMPTY, JobStatus.FAILED)
        or progress.due_ms
    ):
        return state
    return backfills.add_rows(state, ProcessedRows(progress.id, others=1))
