"""The fakes put together: Junction's Management API for webhooks and Svix's API, over one state."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from streams.simulator.management import answers
from streams.simulator.management.deliveries import SvixDeliveries
from streams.simulator.management.keys import MANAGEMENT_KEY
from streams.simulator.management.options import ManagementOptions, WallClock
from streams.simulator.management.state import SvixState
from streams.simulator.management.svix_api import FakeSvixApi
from streams.simulator.management.trouble import Mishap, Trouble
from streams.simulator.management.webhooks import FakeWebhooks


class FakeManagement:
    """`state`: what there is, to look at and to change. `trouble`: what shall go wrong. `deliveries.put`: a message.

    `webhooks.calls`, `svix.calls`: how many of each operation had their effect.

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
        self.deliveries = SvixDeliveries(self.state)
        self.svix = FakeSvixApi(self.deliveries, self.trouble)
        self._management_key = management_key

    def routes(self) -> list[Route]:
        """For the application of the fake API."""
        of_junction = [
            Route(path, self._known(self.webhooks.answered(answer)), methods=[method])
            for method, path, answer in self.webhooks.operations()
        ]
        of_svix = [
            Route(path, self.svix.answered(answer), methods=[method]) for method, path, answer in self.svix.operations()
        ]
        return [*of_junction, *of_svix]

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Messages are delivered while the application runs."""
        async with self.deliveries.working():
            yield

    def _known(self, answer: Callable[[Request], object]) -> Callable[[Request], object]:
        async def checked(request: Request) -> object:
            if request.headers.get("x-management-key") != self._management_key:
                return answers.refused(Mishap.UNAUTHORIZED)
            return await answer(request)  # type: ignore[misc]  # because Starlette's own type says no more than object

        return checked
