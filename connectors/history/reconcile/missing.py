"""What a reconciliation requests from the fetchers. Pure."""

from collections.abc import Iterable

from connectors.history.fetch_requests import build_request
from connectors.history.reconcile.findings import ResourceFinding
from streams.tables.history import Priority, Request, Why, windows


def requests_for(user_id: str, findings: Iterable[ResourceFinding], now_s: float) -> list[Request]:
    """Requests for what is missing; none for a span that cannot hold data. The backfills' ids differ by `now_s`."""
    return [
        build_request(Why.RECONCILE, user_id, one.provider, one.resource, span, int(now_s), Priority.LATE)
        for one in findings
        if one.span and (span := windows.reachable(windows.widened(*one.span), int(now_s * 1e6)))
    ]
