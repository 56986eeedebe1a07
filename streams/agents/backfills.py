"""historical.data.*.created: Junction has pulled a resource's history. No data: the range is ours to fetch."""

from streams.agents.steps import backfill_rows, connection_rows, fetch_requests
from streams.agents.steps.folding import Agent
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.labels import resource_label
from streams.events import Family
from streams.tables import About, Verdict
from streams.tables.history import backfills
from streams.tables.readings import BackfillReading


def fold_notice(incoming: Incoming, reading: BackfillReading) -> None:
    draft, outlet, _, event, _ = incoming
    before = backfill_rows.load(draft, reading.key)
    after = backfills.merge(before, reading.notice)
    if after != before:
        link = connection_rows.load(incoming, reading.provider)
        reason = fetch_requests.after_notice(incoming, reading.provider, reading.notice, before, link)
        if after.newest == reading.notice:  # a late older notice decides nothing
            after = after._replace(not_expected=reason)
        who = {**backfill_rows.who_of(event), "problems": event.problems}
        backfill_rows.store(draft, outlet, reading.key, before, after, who)
    draft.judged(event.type.family, resource_label(event), _verdict(before, after))
    draft.note(About(reading.provider, "", None))


def _verdict(before: backfills.Backfill, after: backfills.Backfill) -> Verdict:
    return Verdict.SAME if after == before else Verdict.CHANGED if before.newest else Verdict.NEW


AGENT = Agent({Family.BACKFILL: fold_notice})
