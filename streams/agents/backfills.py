"""historical.data.*.created: Junction has pulled a resource's history. No data: the range is ours to fetch."""

from typing import Any

from streams import backfill, topics
from streams.agents.parts import Delivered, Outlet, body_of, delivered, resource_label
from streams.body import Event
from streams.codec import Codec
from streams.decode import Control, decode
from streams.dedup import Verdict, state_key
from streams.draft import Draft, Fold
from streams.errors import Reason, Rejected
from streams.events import Family, Record


def make(codec: Codec, prefix: str) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        how = delivered(record)
        control = decode(body_of(record))
        event = control.event
        if not isinstance(control, Control) or event.type.family is not Family.BACKFILL:
            raise Rejected(Reason.BAD_SHAPE, "$.event_type: not of this topic")
        provider, notice = backfill.read_event(control.data, how.at_ms, how.id, event.problems)
        key = (event.user_id, provider, event.type.resource)
        before = backfill.decode(draft.get("backfills", state_key(*key)))
        after = backfill.merge(before, notice)
        if after != before:
            draft.put("backfills", state_key(*key), backfill.encode(after))
            outlet.emit(draft, topics.BACKFILLS, key, _record(event, how, draft, provider, after))
        draft.count("verdicts", event.type.family, resource_label(event), _verdict(before, after))

    return fold


def _verdict(before: backfill.State | None, after: backfill.State) -> Verdict:
    return Verdict.NEW if before is None else Verdict.SAME if after == before else Verdict.CHANGED


def _record(event: Event, how: Delivered, draft: Draft, provider: str, state: backfill.State) -> dict[str, Any]:
    newest = state.newest
    return {
        "user_id": event.user_id,
        "client_user_id": event.client_user_id or None,
        "team_id": event.team_id or None,
        "provider": provider,
        "resource": event.type.resource,
        "status": "notified",
        "range_start": newest.start_us if newest.has_range else None,
        "range_end": newest.end_us if newest.has_range else None,
        "is_range_swapped": newest.is_swapped,
        "is_early_notice": provider in backfill.EARLY,
        "notified_at": newest.at_ms,
        "notices": len(state.seen),
        "delivery_id": newest.delivery_id,
        "processed_at": draft.now_ms,
        "problems": event.problems,
    }
