"""historical.data.*.created: Junction has pulled a resource's history. No data: the range is ours to fetch."""

from streams.agents.steps import backfill_rows, fetch_requests
from streams.agents.steps.common_fields import Outlet, body_of, delivered, resource_label
from streams.agents.steps.deliveries import fold_unread
from streams.agents.steps.drift import note
from streams.events.types import Family, Record
from streams.kafka.codec import Codec
from streams.payloads import drift
from streams.payloads.decode import Control, decode
from streams.tables import connections
from streams.tables.draft import Draft, Fold
from streams.tables.history import backfills
from streams.tables.keys import state_key
from streams.tables.sources import Policy
from streams.tables.verdicts import Verdict


def make(codec: Codec, prefix: str, policy: Policy) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        how = delivered(record)
        control = decode(body_of(record))
        event = control.event
        if not isinstance(control, Control) or event.type.family is not Family.BACKFILL:
            fold_unread(draft, outlet, policy, control, how)
            return
        provider, notice = backfills.read_event(control.data, how.at_ms, how.id, event.problems)
        key = (event.user_id, provider, event.type.resource)
        before = backfill_rows.load(draft, key)
        after = backfills.merge(before, notice)
        if after != before:
            link = connections.decode(draft.get("connections", state_key(event.user_id, provider)))
            reason = fetch_requests.after_notice(draft, outlet, event, provider, notice, before, link)
            if after.newest == notice:  # an older one that comes late decides nothing
                after = after._replace(not_expected=reason)
            who = {**backfill_rows.who_of(event), "problems": event.problems}
            backfill_rows.store(draft, outlet, key, before, after, who)
        draft.count("verdicts", event.type.family, resource_label(event), _verdict(before, after))
        note(draft, outlet, event, how, drift.of_backfill(event, control.data, provider))

    return fold


def _verdict(before: backfills.Backfill, after: backfills.Backfill) -> Verdict:
    return Verdict.SAME if after == before else Verdict.CHANGED if before.newest else Verdict.NEW
