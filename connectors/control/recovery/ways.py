"""What brings which family of events back, with what there is. Pure.

Svix keeps what it sent for 90 days and brings everything. Without its token: lab orders and wearables can be asked of
Junction's API, connections can be compared, a query's result is a table. Nothing but Svix has a checkout.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

KEPT_MS = 90 * 86_400_000


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
    """What there is: a token of Svix, a key of Junction's API (a team's, or one that mints them)."""

    has_svix: bool
    has_api: bool

    @property
    def case(self) -> str:
        """Which of the three it is in, or none of them."""
        if self.has_svix:
            return "case 3: a Svix token"
        return "case 2: a key of Junction's API, no Svix token" if self.has_api else "case 1: the dashboard only"


_SVIX = "Svix sends again what failed (recover) and what was never tried (replay-missing)"
_DASHBOARD = "Junction's dashboard: recover failed messages, replay missing (printed below, the effect is checked)"
_NO_KEY = "STREAMS_JUNCTION_API_KEY is not set"
_QUERIES = "GET /aggregate/v1/user/{user}/continuous_query/{query}/result_table: the table as it is now, yours to read"


def ways(means: Means, age_ms: int) -> Iterator[Way]:
    """For what began so long ago, in the order in which it is done."""
    is_kept = age_ms <= KEPT_MS
    if means.has_svix and is_kept:
        yield Way("all", How.SVIX, _SVIX)
        return
    if is_kept:
        yield Way("all", How.HAND, _DASHBOARD)
    api, why = (How.API, "") if means.has_api else (How.HAND, f" ({_NO_KEY})")
    yield Way("labs", api, f"POST /v3/order/resend_events{why}")
    yield Way("wearables", How.API, "the fetchers fetch the span of everything we hold (a request to the workers)")
    yield Way("history", api, f"reconciliation asks for what is missing{why}")
    yield Way("connections", api, f"GET /v2/user/providers/{{user}}, compared by reconciliation{why}")
    yield Way("query results", How.HAND, _QUERIES)
    yield Way("checkout", How.HAND if is_kept else How.NOTHING, "nothing but Svix has it")


def steps(url: str, since: str, until: str) -> Iterator[str]:
    """What a person does in the dashboard."""
    end = f" until {until}" if until else ""
    yield f"1. Junction's dashboard, Webhooks: open the endpoint {url}; if it is disabled, enable it"
    yield f'2. "Options", "Recover failed messages", since {since}{end}; not more than 14 days at a time'
    yield f'3. "Options", "Replay missing messages", since {since}{end}: what came while the endpoint was disabled'
    yield "4. after a large number, step 2 once more: it stops at about 10,000 messages"
