"""The last answers of this process that were not 2xx, in memory: what a trace says of a delivery that was refused.

Not in Kafka: a stranger must not write there. So a restart forgets them, which the page says.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from connectors.webhook.head import claimed_id
from streams.events.message_ids import claimed
from streams.status.refused_page import COUNT_MAX, GatewayProcess, RefusedPage, RefusedQuery, RefusedRow

ATTEMPTS_MAX = 10_000  # under 3 MiB: each part of a row is bounded


class RefusedAttempts:
    """`clock`: Unix seconds. For one event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: deque[RefusedRow] = deque(maxlen=ATTEMPTS_MAX)
        self._accepting_since_ms = 0
        self._forgot_ms = 0  # of the newest that was forgotten

    def begin(self) -> None:
        """Deliveries are accepted from now on."""
        self._accepting_since_ms = int(self._clock() * 1000)

    def add(
        self,
        outcome: str,
        status: int,
        headers: Iterable[tuple[bytes, bytes]],
        *,
        endpoint: str = "",
        body_bytes: int = 0,
        is_signed: bool | None = None,
    ) -> None:
        """Keep one. `headers`: of the request, of which the message id alone is kept; names in lower case."""
        if len(self._kept) == ATTEMPTS_MAX:
            self._forgot_ms = self._kept[0].at_ms
        at_ms, n_bytes = int(self._clock() * 1000), max(0, min(body_bytes, COUNT_MAX))
        name, id = sys.intern(endpoint), claimed(claimed_id(headers))
        self._kept.append(RefusedRow(at_ms, name, outcome, status, n_bytes, id, is_signed))

    def page(self, query: RefusedQuery) -> RefusedPage:
        """What is asked for, the newest first."""
        found = list(islice(self._found(query), query.limit + 1))
        remembers_ms = max(self._accepting_since_ms, self._forgot_ms + 1 if self._forgot_ms else 0)
        process = GatewayProcess(0, self._accepting_since_ms, remembers_ms)
        return RefusedPage([process], found[: query.limit], len(found) > query.limit)

    def _found(self, query: RefusedQuery) -> Iterator[RefusedRow]:
        id = claimed(query.message_id)
        for one in reversed(self._kept):
            is_in_time = query.since_ms <= one.at_ms and (not query.until_ms or one.at_ms < query.until_ms)
            if is_in_time and id in ("", one.claimed_id):
                yield one
