"""The application: routes of Junction's API, the key at the door, counting, and faults.

It answers what Junction has in the end (`Inventory`), whenever it is asked. Nothing waits but a hung answer.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from streams.simulator.api import faults, orders
from streams.simulator.api.counts import Counts
from streams.simulator.api.handlers import Asked, Handlers, Missing
from streams.simulator.api.options import ApiOptions, Fault
from streams.simulator.api.pipelines import FakePipelines
from streams.simulator.api.queries import Invalid
from streams.simulator.management.fake import FakeManagement
from streams.simulator.world.world import World

Clock = Callable[[], float]
Handler = Callable[[Asked], bytes]


class FakeApi:
    """Junction's API for a world. `counts`: what was asked so far. `app`: for any ASGI server."""

    def __init__(
        self,
        world: World,
        options: ApiOptions | None = None,
        clock: Clock = time.monotonic,
        management: FakeManagement | None = None,
    ) -> None:
        self.options, self.counts = options or ApiOptions(), Counts()
        self.closing = asyncio.Event()  # nobody hangs on once the server wants to end
        self._clock = clock
        self.resent: list[str] = []
        self._tokens: dict[str, float] = {}
        self.handlers, self.pipelines = Handlers(world, self.options, clock), FakePipelines()
        self.management = management or FakeManagement(management_key=self.options.management_key)
        routes = [*self._routes(), *self._own_routes(), *self.management.routes()]
        self.app = Starlette(routes=routes, lifespan=self.management.lifespan)

    def _routes(self) -> list[Route]:
        """The longer path first where two begin alike."""
        answer, of = self._answered, self.handlers
        return [
            Route("/v2/summary/{resource}/{user_id}", answer("summary", of.summary)),
            Route("/v2/timeseries/workouts/{workout_id}/stream", answer("workout_stream", of.workout_stream)),
            Route("/v2/timeseries/{user_id}/{api_name}/grouped", answer("timeseries", of.timeseries)),
            Route("/v2/user", answer("users", of.users)),
            Route("/v2/user/resolve/{client_user_id:path}", answer("user", of.resolve)),
            Route("/v2/user/providers/{user_id}", answer("user_providers", of.user_providers)),
            Route("/v2/user/{user_id}/device", answer("devices", of.devices)),
            Route("/v2/user/{user_id}", answer("user", of.user)),
            Route("/v2/providers", answer("providers", of.providers)),
            Route("/v2/introspect/historical_pull", answer("historical_pulls", of.historical_pulls)),
            Route("/v2/introspect/resources", answer("resources", of.ingestions)),
        ]

    def _own_routes(self) -> list[Route]:
        return [
            Route("/v1/org/{org_id}/team/{team_id}/create_api_access_token", self._mint, methods=["POST"]),
            Route(
                "/v1/org/{org_id}/team_etl_pipelines/{env}/{region}",
                self._pipelines,
                methods=["GET", "POST", "DELETE"],
            ),
            Route("/v3/order/resend_events", self._resend_orders, methods=["POST"]),
            Route("/fake/counts", self._tell),
        ]

    def _answered(self, endpoint: str, handler: Handler) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            question = f"{request.url.path}?{request.url.query}"
            user_id = request.path_params.get("user_id") or request.query_params.get("user_id") or ""
            rate = self.counts.come(endpoint, user_id, self._clock())
            fault = faults.drawn(self.options, question, self.counts.asked[question])
            self.counts.asked[question] += 1
            response = await self._response(request, question, handler, fault, rate)
            is_whole = fault not in (Fault.CUT, Fault.TRUNCATED, Fault.MISSING)
            self.counts.gone(endpoint, question, response.status_code, is_whole=is_whole)
            return response

        return answer

    async def _response(
        self, request: Request, question: str, handler: Handler, fault: Fault | None, rate: int
    ) -> Response:
        if not self._is_known(request):
            return faults.refusal(Fault.UNAUTHORIZED)
        if 0 < self.options.limit_per_s < rate:
            return faults.refusal(Fault.LIMITED_WITH_WAIT, self.options.retry_after_s)
        if fault is not None:
            self.counts.faults[fault] += 1
        if fault is Fault.HUNG:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), self.options.hang_s)
        if fault in faults.REFUSED:
            return faults.refusal(fault, self.options.retry_after_s)
        try:
            return faults.delivered(handler(Asked(request, question, fault)), fault)
        except Invalid as error:
            return JSONResponse({"detail": error.detail}, 422)
        except Missing:
            return faults.refusal(Fault.MISSING)

    def _is_known(self, request: Request) -> bool:
        key, bearer = request.headers.get("x-vital-api-key"), request.headers.get("authorization", "")
        if key is not None:
            return secrets.compare_digest(key.encode(), self.options.key.encode())
        return self._tokens.get(bearer.removeprefix("Bearer "), 0.0) > self._clock()

    async def _mint(self, request: Request) -> Response:
        """An access token of the management API (6.1)."""
        if not self._may_manage(request):
            return faults.refusal(Fault.UNAUTHORIZED)
        self.counts.minted += 1
        token = f"fake-token-{self.counts.minted}"
        self._tokens[token] = self._clock() + self.options.token_s
        return JSONResponse({"access_token": token, "expires_in": self.options.token_s})

    async def _resend_orders(self, request: Request) -> Response:
        """Ids of the lab orders that had news in the time (domain file, 2.3); it delivers nothing (`resent`)."""
        if not self._is_known(request):
            return faults.refusal(Fault.UNAUTHORIZED)
        try:
            found = orders.within(self.handlers.world, await request.body())
        except ValidationError as error:
            return JSONResponse({"detail": json.loads(error.json(include_url=False))}, 422)
        self.resent += found
        return JSONResponse({"order_ids": found})

    async def _pipelines(self, request: Request) -> Response:
        """The management API's ETL pipelines (8)."""
        return await self.pipelines.answer(request) if self._may_manage(request) else faults.refusal(Fault.UNAUTHORIZED)

    def _may_manage(self, request: Request) -> bool:
        return request.headers.get("x-management-key") == self.options.management_key

    async def _tell(self, request: Request) -> Response:
        return JSONResponse(self.counts.summary())
