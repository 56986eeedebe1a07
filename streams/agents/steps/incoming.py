"""What every step of a fold works on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from streams.agents.steps.outlet import Outlet
from streams.events import Origin
from streams.payloads import Event
from streams.tables import Draft, Policy, Provenance, connections


class Incoming(NamedTuple):
    """One event, how it was delivered, and where its state (`draft`) and its records (`outlet`) go."""

    draft: Draft
    outlet: Outlet
    policy: Policy
    event: Event
    delivery: Provenance

    def emit(self, topic: str, key: Sequence[str] | bytes, record: dict[str, Any]) -> None:
        """Emit a record of a clean topic. Raises Rejected(TOO_LARGE)."""
        self.outlet.emit(self.draft, topic, key, record)

    def with_age(self, last_us: int | None, link: connections.Connection) -> "Incoming":
        """The same, as history where the data end before the user first connected (domain file, 5.3)."""
        first_ms, origin = link.first_created_ms, self.delivery.origin
        if first_ms is None or last_us is None or last_us >= first_ms * 1000 or origin == Origin.HISTORICAL:
            return self
        return self._replace(delivery=self.delivery._replace(origin=Origin.HISTORICAL))
