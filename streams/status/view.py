"""What the tables of a worker say about one user, for people and programs. Pure: rows in, plain values out."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from streams.events import RESOURCES, providers, times
from streams.tables import connections, coverage, keys
from streams.tables.history import backfills

Row = tuple[bytes, bytes]
Scan = Callable[[str, bytes, bytes], Iterable[Row]]  # (table, start, stop) → rows of [start, stop)
Json = dict[str, Any]


def of_user(user_id: str, scan: Scan, now_s: float) -> Json:
    """Connections, resources with their freshness, backfills, and histories that Junction still has to announce."""
    links = {
        parts[0]: connections.decode(value) for parts, value in _rows(scan, "connections", user_id) if len(parts) == 1
    }
    # A commit may come between two scans, so: links, backfills, resources. What a notice has announced is then not
    # awaited any more, and the days of what a backfill calls complete are among the resources.
    fills = {(parts[0], parts[1]): backfills.decode(value) for parts, value in _rows(scan, "backfills", user_id)}
    held = {
        (parts[0], parts[1]): coverage.decode(value)
        for parts, value in _rows(scan, "connections", user_id)
        if len(parts) == 2
    }
    return {
        "user_id": user_id,
        "as_of": _time_us(int(now_s * times.SECOND_US)),
        "connections": [_connection(provider, link) for provider, link in links.items()],
        "resources": [_resource(*key, state, now_s) for key, state in held.items() if state],
        "backfills": [_backfill(*key, state) for key, state in fills.items()],
        "awaited": [
            {"provider": provider, "resource": resource}
            for provider, link in links.items()
            for resource in _awaited(provider, link)
            if (provider, resource) not in fills
        ],
    }


def _rows(scan: Scan, table: str, user_id: str) -> Iterator[tuple[list[str], bytes]]:
    """(what follows the user in the key, value) of each row of a user."""
    for key, value in scan(table, *keys.range_of_user(user_id)):
        yield keys.split(key)[1:], value


def _awaited(provider: str, link: connections.Connection) -> Iterator[str]:
    """Resources whose history Junction has not announced yet, of those that it may."""
    if link.created is None or provider in providers.LIVE_HISTORY or provider in providers.SILENT:
        return
    for resource in link.created.resources_available:
        if resource in RESOURCES and not RESOURCES[resource].legacy and resource not in providers.OPTIONAL:
            yield resource


def _connection(provider: str, link: connections.Connection) -> Json:
    return {
        "provider": provider,
        "status": link.status,
        "since": _time(link.since_ms),
        "connected_at": _time(link.created and link.created.at_ms),
        "first_connected_at": _time(link.first_created_ms),
        "error_at": _time(link.failed and link.failed.at_ms),
        "error_type": link.failed and link.failed.error_type,
        "last_data_at": _time(link.last_data_ms),
        "resources_available": list(link.created.resources_available) if link.created else [],
        "resources_unavailable": list(link.created.resources_unavailable) if link.created else [],
    }


def _resource(provider: str, resource: str, state: coverage.Coverage, now_s: float) -> Json:
    return {
        "provider": provider,
        "resource": resource,
        "newest_data_at": _time(state.last_min * times.MINUTE_MS),
        "oldest_data_at": _time(state.first_min * times.MINUTE_MS),
        "last_delivery_at": _time(state.delivered_min * times.MINUTE_MS),
        "age_s": max(0, round(now_s) - state.last_min * times.MINUTE_S),
        "days_with_data": state.day_count,
        "day_spans": [[times.day_text(first), times.day_text(last)] for first, last in state.spans()],
    }


def _backfill(provider: str, resource: str, state: backfills.Backfill) -> Json:
    notice, fetch, done = state.newest, state.fetch, state.processed
    row: Json = {
        "provider": provider,
        "resource": resource,
        "status": state.status,
        "reason": (fetch.reason if fetch else state.not_expected) or None,
        "notified_at": _time(notice and notice.at_ms),
        "range_start": _time_us(notice.start_us if notice and notice.has_range else None),
        "range_end": _time_us(notice.end_us if notice and notice.has_range else None),
    }
    row |= {
        "backfill_id": fetch and fetch.id,
        "why": fetch and fetch.why,
        "share": fetch.share if fetch else 0.0,
        "pages": fetch.pages if fetch else 0,
        "rows": fetch.rows if fetch else 0,
        "next_try_at": _time(fetch.due_ms or None) if fetch else None,
        "progress_at": _time(fetch and fetch.at_ms),
    }
    return row | {
        "rows_new": done.new if done else 0,
        "rows_changed": done.changed if done else 0,
        "rows_same": done.same if done else 0,
        "rows_other": done.others if done else 0,
        "first_data_at": _time_us(done.first_us if done else None),
        "last_data_at": _time_us(done.last_us if done else None),
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else _time_us(ms * 1000)


def _time_us(us: int | None) -> str | None:
    """RFC 3339 to the second, UTC; None for what no date can say, which an older version may have stored."""
    return None if us is None or not times.in_range(us) else times.rfc3339_seconds(us)
