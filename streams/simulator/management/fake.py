"""The fakes put together: Junction's Management API for webhooks and Svix's API, over one state."""

import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import Route

from streams.simulator.management import answers
from streams.simulator.management.keys import MANAGEMENT_KEY
from streams.simulator.management.options import ManagementOptions, WallClock
from streams.simulator.management.state import SvixState
from streams.simulator.management.trouble import Mishap, Trouble
from streams.simulator.management.webhooks import FakeWebhooks


class FakeManagement:
    """`state`: what there is, to look at and to change. `trouble`: what shall go wrong. `webhooks.calls`: what was.

    `management_key`: the one that is taken; another, a team's key too, is a 401.
    """

    def __init__(
        self,
        options: ManagementOptions | None = None,
        clock: WallClock = time.time,
        management_key: str = MANAGEMENT_KEY,
    ) -> None:
        self.state, self.trouble = SvixState(options, clock), Trouble()
        self.webhooks = FakeWebhooks(self.state, self.trouble)
        self._management_key = management_key

    def routes(self) -> list[Route]:
        """For the application of the fake API."""
        return [
            Route(path, self._known(self.webhooks.answered(answer)), methods=[method])
            for method, path, answer in self.webhooks.operations()
        ]

    def _known(self, answer: Callable[[Request], object]) -> Callable[[Request], object]:
        async def checked(request: Request) -> object:
            if request.headers.get("x-management-key") != self._management_key:
                return answers.refused(Mishap.UNAUTHORIZED)
            return await answer(request)  # type: ignore[misc]  # because Starlette's own type says no more than object

        return checked
