"""What brings which family of events back, with what there is. Pure.

Svix keeps what it sent for 90 days and brings everything. Without its token, and for what is older: lab orders and
wearables can be asked of Junction's API; how connections are and a query's result can be read there. Nothing but Svix
has a checkout.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from connectors.svix.client import SvixSpan

KEPT_MS = 90 * 86_400_000 - 3_600_000  # an hour less: until it is asked, time goes on


class How(StrEnum):
    """Who brings it back."""

    SVIX = "svix"
    API = "api"  # this command, from Junction's API
    HAND = "by hand"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Way:
    """`families`: as they are called here. `by`: the sentence."""

    families: str
    how: How
    by: str


@dataclass(frozen=True, slots=True)
class Means:
    """What there is: a token of Svix, a key of Junction's API (a team's, or one that mints them), workers to ask."""

    has_svix: bool
    has_api: bool
    has_workers: bool = False


class Parts(NamedTuple):
    """Of a span: what Svix has, and what is too old for it."""

    kept: SvixSpan | None
    lost: SvixSpan | None


def parts(span: SvixSpan, now_ms: int) -> Parts:
    """Together they are the span."""
    edge_ms = now_ms - KEPT_MS
    if span.since_ms >= edge_ms:
        return Parts(span, None)
    if span.until_ms is not None and span.until_ms <= edge_ms:
        return Parts(None, span)
    return Parts(SvixSpan(edge_ms, span.until_ms), SvixSpan(span.since_ms, edge_ms))


_SVIX = "Svix sends again what failed (recover) and what was never tried (replay-missing)"
_DASHBOARD = "Junction's dashboard: recover failed messages, replay missing (printed below, the effect is checked)"
_KEPT = ", of the last 90 days; what is older:"
_NO_KEY = "STREAMS_JUNCTION_API_KEY is not set"
_COMPARED = "the comparison at the end asks for what is missing (--no-reconcile leaves it out)"
_CONNECTIONS = "GET /v2/user/providers/{user}"
_STORED = f"{_CONNECTIONS}: a state that the workers do not know is stored as the event that was missed"
_NO_WORKER = "STREAMS_QUERY_URL is not set"
_READ = f"{_CONNECTIONS}: how they are now, yours to read"
_QUERIES = "GET /aggregate/v1/user/{user}/continuous_query/{query}/result_table: the table as it is now, yours to read"
_GONE = "nothing has it any more: Svix keeps what it sent for 90 days"
_NO_CALL = "no call brings it, the dashboard's steps alone; whether all of it came cannot be seen here"


def ways(means: Means, of: Parts) -> Iterator[Way]:
    """In the order in which it is done."""
    if of.kept:
        first = (How.SVIX, _SVIX) if means.has_svix else (How.HAND, _DASHBOARD)
        yield Way("all", first[0], first[1] + (_KEPT if of.lost else ""))
    if of.lost or not means.has_svix:
        yield from _without_svix(means, _GONE if of.lost else _NO_CALL)


def _without_svix(means: Means, checkout: str) -> Iterator[Way]:
    api, why = (How.API, "") if means.has_api else (How.HAND, f" ({_NO_KEY})")
    yield Way("labs", api, f"POST /v3/order/resend_events{why}")
    yield Way("wearables", How.API, "the fetchers fetch the span of everything we hold (a request to the workers)")
    yield Way("history", api, f"{_COMPARED}{why}")
    yield _of_connections(means)
    yield Way("query results", How.HAND, _QUERIES)
    yield Way("checkout", How.NOTHING, checkout)


def _of_connections(means: Means) -> Way:
    if means.has_api and means.has_workers:
        return Way("connections", How.API, _STORED)
    return Way("connections", How.HAND, f"{_READ} ({_NO_WORKER if means.has_api else _NO_KEY})")


def is_guided(plan: Iterable[Way]) -> bool:
    """Whether a person has to take the dashboard's steps."""
    return any(way.families == "all" and way.how is How.HAND for way in plan)


def steps(url: str, since: str, until: str) -> Iterator[str]:
    """What a person does in the dashboard."""
    end = f" until {until}" if until else ""
    yield f"1. Junction's dashboard, Webhooks: open the endpoint {url}; if it is disabled, enable it"
    yield f'2. "Options", "Recover failed messages", since {since}{end}; not more than 14 days at a time'
    yield f'3. "Options", "Replay missing messages", since {since}{end}: what came while the endpoint was disabled'
    yield "4. after a large number, step 2 once more: it stops at about 10,000 messages"
