"""What a worker asks the fetchers for: after a notice, after a (re)connection, for the stream of a workout."""

from msgspec.structs import replace

from streams.agents.steps.incoming import Incoming
from streams.events import DAY_MS, key_of, providers, topics
from streams.tables import Connection, Created, Draft
from streams.tables.history import RANGELESS, Backfill, HistoryNotice, Priority, Request, Why, new_id, windows
from streams.tables.history import request as requests


def after_notice(incoming: Incoming, provider: str, notice: HistoryNotice, known: Backfill, link: Connection) -> str:
    """Ask for the range that Junction has pulled. Returns why not, "" if it was asked for.

    `known`: the backfill before this notice. After an error only what is missing is asked for.
    """
    event = incoming.event
    resource = event.type.resource
    # By the notice's own door: it shows that this team's events take it. Those of another team may not.
    is_pushed = incoming.delivery.door in incoming.policy.pushed_doors
    if reason := providers.not_expected(provider, resource, has_range=notice.has_range, is_pushed=is_pushed):
        return reason
    start_us, end_us = (0, 0)
    if notice.has_range and resource not in RANGELESS:
        missing_us = max(notice.start_us, min(notice.end_us, _gap_start(known, link)))
        span = windows.reachable(windows.widened(missing_us, notice.end_us), notice.at_ms * 1000)
        if span is None:
            return providers.NotExpected.OUT_OF_REACH
        start_us, end_us = span
    is_fresh = link.created is None or notice.at_ms - link.created.at_ms < DAY_MS
    priority = Priority.FRESH if is_fresh else Priority.NORMAL
    id = new_id(notice.delivery_id, event.user_id, provider, resource)
    _ask(incoming, Request(id, event.user_id, provider, resource, start_us, end_us, Why.NOTICE, priority))
    return ""


def _gap_start(known: Backfill, link: Connection) -> int:
    """Where our data from before the last error end, µs since 1970; 0: ask for everything."""
    fetch, created, failed = known.fetch, link.created, link.failed
    if fetch is None or created is None or failed is None or not known.is_processed:
        return 0
    was_broken = fetch.began_ms < failed.at_ms < created.at_ms
    return min(fetch.end_us, failed.at_ms * 1000) if was_broken else 0


def after_connection(incoming: Incoming, provider: str, before: Connection, after: Connection) -> None:
    """Ask for what no notice will announce, after a first connection; for what is missing, after a repaired one.

    Also where history is pushed: without a notice nothing says that it was, and nobody says whether Junction pulls the
    time of an error again. What comes twice is SAME.
    """
    created, failed = after.created, after.failed
    if created is None or (before.created, before.failed) == (created, failed):
        return
    if before.created is None and provider in providers.SILENT:
        start_ms = created.at_ms - providers.SILENT[provider] * DAY_MS
        _span(incoming, provider, created, start_ms, Why.NOTICE, providers.SILENT_AFTER_MS)
    if failed is not None and failed.at_ms < created.at_ms:
        _span(incoming, provider, created, failed.at_ms, Why.RECONNECT)


def _span(incoming: Incoming, provider: str, created: Created, start_ms: int, why: Why, wait_ms: int = 0) -> None:
    """Ask for every available resource, from `start_ms` until the connection was made."""
    span = windows.reachable(windows.widened(start_ms * 1000, created.at_ms * 1000), created.at_ms * 1000)
    if span is None:
        return
    user_id = incoming.event.user_id
    for resource in created.resources_available:
        if providers.not_expected(provider, resource, has_range=True):
            continue
        id = new_id(incoming.delivery.id, user_id, provider, resource)
        due_ms = created.at_ms + wait_ms if wait_ms else 0
        _ask(incoming, Request(id, user_id, provider, resource, *span, why, Priority.FRESH, not_before_ms=due_ms))


def for_stream(incoming: Incoming, provider: str, workout_id: str) -> None:
    """Ask for the stream of one workout."""
    user_id, delivery = incoming.event.user_id, incoming.delivery
    id = delivery.backfill_id or new_id(delivery.id, user_id, provider, "workout_stream", workout_id)
    request = Request(
        id, user_id, provider, "workout_stream", why=Why.STREAM, priority=Priority.LATE, workout_id=workout_id
    )
    _ask(incoming, request)


def _ask(incoming: Incoming, request: Request) -> None:
    event = incoming.event
    request = replace(request, client_user_id=event.client_user_id, team_id=event.team_id)
    enqueue(incoming.draft, incoming.outlet.prefix, request)


def enqueue(draft: Draft, prefix: str, request: Request) -> None:
    """Put a request into the fetchers' queue, in this transaction."""
    draft.emit(f"{prefix}.{topics.FETCH_JOBS}", key_of(*request.key), requests.encode(request))
