"""What of the events is history that only a pipeline brings. Pure.

With `push_historical_data` Junction sends a user's past as `daily.data.*` through the pipeline, and only its end
through webhooks, too: `historical.data.*`, without data (domain file, 8, 5.1). A webhook without it has lost nothing.

History is what is both: followed by a notice of its user, provider and resource, and over two days old when it came.
Age alone would hide what a device sends after a week without its phone; the notice alone would hide the live data of an
hour in which history is pushed, too. Before the notice has come it is judged like all else: late.
"""

from streams.events import DAY_MS
from streams.ops.errors import Rejected
from streams.payloads import UNKNOWN, Control, Series, Summary, provider_slug
from streams.payloads.decode import decode
from streams.tables import coverage

AGE_MS = 2 * DAY_MS


class HistoryEnds:
    """When the history of a user, provider and resource was last announced to be complete, Unix milliseconds."""

    def __init__(self) -> None:
        self._at_ms: dict[tuple[bytes, str], int] = {}
        self._owners: set[bytes] = set()

    def add(self, owner: bytes, body: bytes, received_ms: int) -> None:
        """A `historical.data.*`; what cannot be read announces nothing. `owner`: hash of the record's key."""
        try:
            decoded = decode(body)
        except Rejected:
            return
        if not isinstance(decoded, Control) or type(decoded.data) is not dict:
            return
        if provider := provider_slug(decoded.data.get("provider")):
            self._at_ms[owner, provider] = max(received_ms, self._at_ms.get((owner, provider), 0))
            self._owners.add(owner)

    def are_of(self, owner: bytes) -> bool:
        """Whether there is any of this user and resource."""
        return owner in self._owners

    def follow(self, owner: bytes, body: bytes, received_ms: int) -> bool:
        """Whether a `daily.data.*` of that owner is history."""
        try:
            decoded = decode(body)
        except Rejected:
            return False
        if isinstance(decoded, Control) or decoded.source.provider == UNKNOWN:
            return False
        if self._at_ms.get((owner, decoded.source.provider), 0) < received_ms:
            return False
        newest_us = _newest_us(decoded, received_ms)
        return newest_us is not None and newest_us < (received_ms - AGE_MS) * 1000


def _newest_us(event: Series | Summary, received_ms: int) -> int | None:
    if isinstance(event, Series):
        return max(event.columns.times_us[-1:], default=None)
    extent = coverage.of_summary(event.fields, received_ms)
    return None if extent is None else extent.last_us
