"""The fake Junction of the demo: it delivers what the world says, at a pace, while other things happen."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from streams.events import DAY_S
from streams.simulator.management.endpoint import SvixEndpoint
from streams.simulator.management.fake import FakeManagement
from streams.simulator.management.messages import MessageState
from streams.simulator.management.options import ManagementOptions
from streams.simulator.world.world import Event

ORG, TEAM, ENVIRONMENT = "0c5b3f4e-0000-4000-8000-000000000000", "0c5b3f4e-0000-4000-8000-000000000001", "sandbox"
_TURN_S = 0.05


class SendingJunction:
    """`day_s`: how long a day of Svix's takes here. `sent`: ids of all messages so far."""

    def __init__(self, events: Iterable[Event], day_s: float) -> None:
        self.management = FakeManagement(ManagementOptions(compress=DAY_S / day_s))
        self._app = self.management.state.app(TEAM, ENVIRONMENT)
        self._left = list(reversed(list(events)))
        self.sent: set[str] = set()

    @property
    def endpoint(self) -> SvixEndpoint:
        """The only one."""
        (one,) = self._app.endpoints.values()
        return one

    @property
    def app_id(self) -> str:
        return self._app.id

    async def feed(self, rate_per_s: float) -> None:
        """Until there is no more; cancelled, the rest waits."""
        due = 0.0
        while self._left:
            due += rate_per_s * _TURN_S
            while due >= 1 and self._left:
                self._put(self._left.pop())
                due -= 1
            await asyncio.sleep(_TURN_S)

    def put_rest(self) -> None:
        """All that is left, at once."""
        while self._left:
            self._put(self._left.pop())

    def _put(self, event: Event) -> None:
        self.management.deliveries.put(self._app, event.event_type, event.body, event.message_id)
        self.sent.add(event.message_id)

    def standing(self) -> Counter[MessageState]:
        """How many messages are in which state."""
        return Counter(map(self.endpoint.log.standing, self.sent))

    def is_settled(self) -> bool:
        """Every message has arrived, or was given up."""
        return not self.endpoint.log.pending and not set(self.standing()) & {MessageState.PENDING, MessageState.SENDING}

    def figures(self) -> Mapping[str, Any]:
        """What the attempts came to."""
        statuses = Counter(one.status for one in self.endpoint.log.attempts)
        return {
            "events": len(self.sent),
            "attempts": sum(statuses.values()),
            "refused_401": statuses[401],
            "not_reached": statuses[0],
            "busy_503": statuses[503],
        }
