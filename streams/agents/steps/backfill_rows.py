"""The row of a backfill, its record, and what a data event adds to both."""

from collections.abc import Mapping
from typing import Any

from streams.agents.steps.incoming import Incoming
from streams.agents.steps.outlet import Outlet
from streams.events import Origin, topics
from streams.payloads import UNKNOWN, Event
from streams.tables import Draft, EventExtent, Provenance, Verdict, coverage, state_key
from streams.tables.history import BackfillStatus, ProcessedRows, backfills

Key = tuple[str, str, str]  # user, provider, resource


def load(draft: Draft, key: Key) -> backfills.Backfill:
    return backfills.decode(draft.get("backfills", state_key(*key)))


def store(
    draft: Draft, outlet: Outlet, key: Key, before: backfills.Backfill, after: backfills.Backfill, who: dict[str, Any]
) -> None:
    """Write a backfill's row; emit its record if that changes. `who`: the fields that name the user."""
    if after == before:
        return
    draft.put("backfills", state_key(*key), backfills.encode(after))
    if after.visible != before.visible:
        outlet.emit(draft, topics.BACKFILLS, key, _record(draft, key, after) | who)


def who_of(event: Event) -> dict[str, Any]:
    return {"client_user_id": event.client_user_id or None, "team_id": event.team_id or None}


def _record(draft: Draft, key: Key, state: backfills.Backfill) -> dict[str, Any]:
    user_id, provider, resource = key
    notice, fetch = state.newest, state.fetch
    has_range = notice is not None and notice.has_range
    row: dict[str, Any] = {
        "user_id": user_id,
        "client_user_id": None,
        "team_id": None,
        "provider": provider,
        "resource": resource,
        "status": state.status,
        "range_start": notice.start_us if notice and has_range else None,
        "range_end": notice.end_us if notice and has_range else None,
        "is_range_swapped": notice is not None and notice.is_swapped,
        "is_early_notice": notice is not None and provider in backfills.EARLY,
        "notified_at": notice and notice.at_ms,
        "notices": len(state.seen),
        "delivery_id": notice.delivery_id if notice else "",
        "processed_at": draft.now_ms,
        "problems": [],
        "reason": state.not_expected if state.status is BackfillStatus.NOT_EXPECTED else (fetch and fetch.reason) or "",
    }
    return row | _fetched(fetch) | _processed(state.processed)


def _fetched(fetch: backfills.Fetch | None) -> dict[str, Any]:
    has_range = fetch is not None and fetch.end_us > 0
    return {
        "backfill_id": fetch.id if fetch else None,
        "why": fetch.why if fetch else "",
        "fetch_start": fetch.start_us if fetch and has_range else None,
        "fetch_end": fetch.end_us if fetch and has_range else None,
        "share": fetch.share if fetch else 0.0,
        "pages": fetch.pages if fetch else 0,
        "rows": fetch.rows if fetch else 0,
        "began_at": fetch.began_ms if fetch else None,
        "progress_at": fetch.at_ms if fetch else None,
        "next_try_at": (fetch.due_ms or None) if fetch else None,
    }


def _processed(done: ProcessedRows | None) -> dict[str, Any]:
    return {
        "rows_new": done.new if done else 0,
        "rows_changed": done.changed if done else 0,
        "rows_same": done.same if done else 0,
        "rows_other": done.others if done else 0,
        "first_data_at": done.first_us if done else None,
        "last_data_at": done.last_us if done else None,
    }


def count_data(
    incoming: Incoming, provider: str, extent: EventExtent | None, verdicts: Mapping[Verdict, int], dropped: int = 0
) -> None:
    """Note which days these data cover, and count them for the backfill that they belong to."""
    if provider == UNKNOWN:
        return
    draft, outlet, _, event, delivery = incoming
    key = (event.user_id, provider, event.type.resource)
    if extent is not None:
        _cover(draft, key, extent, delivery.at_ms)
    if delivery.backfill_id and delivery.origin == Origin.HISTORICAL:
        before = load(draft, key)
        after = backfills.add_rows(before, _rows(delivery, extent, verdicts, dropped))
        store(draft, outlet, key, before, after, who_of(event))


def _cover(draft: Draft, key: Key, extent: EventExtent, at_ms: int) -> None:
    row = state_key(*key)
    before = coverage.decode(draft.get("connections", row))
    after = coverage.merge(before, extent, at_ms)
    if after != before:
        draft.put("connections", row, coverage.encode(after))


def _rows(
    delivery: Provenance, extent: EventExtent | None, verdicts: Mapping[Verdict, int], dropped: int
) -> ProcessedRows:
    def count(*names: Verdict) -> int:
        return sum(verdicts.get(name, 0) for name in names)

    return ProcessedRows(
        delivery.backfill_id,
        count(Verdict.NEW),
        count(Verdict.CHANGED, Verdict.CONFLICT),
        count(Verdict.SAME),
        count(Verdict.STALE) + dropped,
        extent and extent.first_us,
        extent and extent.last_us,
    )
