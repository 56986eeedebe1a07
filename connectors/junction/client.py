"""Junction's Data Access API for one team: typed answers, bounded in every way (domain file, 6).

Every method may be called from many tasks at once and may be repeated: it only reads. It answers, or raises TryLater
(again in `retry_after_s`), Refused (never again like this) or NotAuthorized (a person acts). A call is tried several
times before TryLater; each try waits for its turn, so that the rate holds for retries too. No such user, workout or
profile (404) is an empty answer or None. `traceparent` is passed on, or made.
"""

import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import stamina

from connectors.junction import (
    answer_json,
    credentials,
    endpoints,
    http_status,
    introspection,
    pages,
    workout_stream,
)
from connectors.junction.credentials import Credentials
from connectors.junction.endpoints import ApiCall
from connectors.junction.failures import NotAuthorized, Refused, TryLater
from connectors.junction.http import HttpTransport
from connectors.junction.http_status import ApiAnswer
from connectors.junction.introspection import IntrospectionPage
from connectors.junction.limits import Limits
from connectors.junction.pages import Page
from connectors.junction.repair import read_repaired
from connectors.junction.traceparent import traceparent_of
from connectors.junction.users import (
    Device,
    JunctionUser,
    ProviderInfo,
    UserConnection,
    UserPage,
    read_devices,
    read_links,
    read_providers,
    read_user,
    read_users,
)
from streams.events import resources
from streams.ops import addresses, metrics
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.tables.history.windows import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long one call goes on trying. A wait that Junction asks for beyond `wait_max_s` is the caller's to wait."""

    tries: int = 5
    total_s: float = 60.0
    wait_first_s: float = 0.5
    wait_max_s: float = 20.0

    def again(self, error: Exception) -> bool | float:
        """For stamina: whether to try again, or after how long. Waits are spread, so that callers do not meet again."""
        if not isinstance(error, TryLater):
            return False
        if not error.asked_to_wait:
            return True
        return error.retry_after_s <= self.wait_max_s and error.retry_after_s + random.uniform(0, self.wait_first_s)


class Client:
    """Use `open_client`. `limits`: shared by all calls; its rate may be changed while it runs."""

    def __init__(
        self, base_url: str, http: HttpTransport, credentials: Credentials, limits: Limits, patience: RetryPolicy
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._http, self._credentials = http, credentials
        self._patience = patience
        self.limits = limits

    async def check(self) -> None:
        """Address and credentials are right. Raises Misconfigured, which says what to change; TryLater.

        Ask once at the start: at a wrong address everything is missing, and missing means empty.
        """
        if not await self.providers():
            raise Misconfigured(
                f"{addresses.shown(self.base_url)} does not answer like Junction's API: check STREAMS_JUNCTION_URL"
            )

    async def page(
        self,
        resource: str,
        user_id: str,
        span: Span | None,
        provider: str = "",
        cursor: str = "",
        *,
        traceparent: str = "",
    ) -> Page:
        """Data of any resource by its event name, one page. `span`: None where there are no dates (profile).

        Raises Refused(NO_ENDPOINT) for what has none. That a walk ends is for `advance` and `iterate_pages` to see.
        """
        call = endpoints.page(resource, user_id, span, provider, cursor)
        name = resources.normalise(resource)
        found, at_ms = await self._dated(call, lambda body: pages.read(name, body), traceparent)
        return replace(found or Page(name, is_missing=True), answered_ms=at_ms)

    async def workout_stream(self, workout_id: str, *, traceparent: str = "") -> workout_stream.WorkoutStream | None:
        found, at_ms = await self._dated(endpoints.workout_stream(workout_id), workout_stream.read, traceparent)
        return found and replace(found, answered_ms=at_ms)

    async def user(self, user_id: str, *, traceparent: str = "") -> JunctionUser | None:
        return await self._ask(endpoints.user(user_id), read_user, traceparent)

    async def resolve(self, client_user_id: str, *, traceparent: str = "") -> JunctionUser | None:
        """The user by your own id."""
        return await self._ask(endpoints.resolve(client_user_id), read_user, traceparent)

    async def users(self, offset: int = 0, limit: int = endpoints.USERS_MAX, *, traceparent: str = "") -> UserPage:
        """A page of the team's users."""
        return await self._ask(endpoints.users(offset, limit), read_users, traceparent) or UserPage()

    async def user_providers(self, user_id: str, *, traceparent: str = "") -> tuple[UserConnection, ...]:
        """The user's connections, and how they are."""
        return await self._ask(endpoints.user_providers(user_id), read_links, traceparent) or ()

    async def devices(self, user_id: str, *, traceparent: str = "") -> tuple[Device, ...]:
        return await self._ask(endpoints.devices(user_id), read_devices, traceparent) or ()

    async def providers(self, *, traceparent: str = "") -> tuple[ProviderInfo, ...]:
        """All providers that Junction knows."""
        return await self._ask(endpoints.providers(), read_providers, traceparent) or ()

    async def historical_pulls(
        self, user_id: str = "", provider: str = "", cursor: str = "", *, users_max: int = 50, traceparent: str = ""
    ) -> IntrospectionPage:
        """A page of what Junction pulled, of one user or of all. It may be empty and still have a cursor."""
        call = endpoints.historical_pulls(user_id, provider, cursor, users_max)
        return await self._ask(call, introspection.read, traceparent) or IntrospectionPage()

    async def resources(
        self, user_id: str = "", provider: str = "", cursor: str = "", *, users_max: int = 50, traceparent: str = ""
    ) -> IntrospectionPage:
        """A page of what Junction has and sent of each resource, of one user or of all."""
        call = endpoints.ingestions(user_id, provider, cursor, users_max)
        return await self._ask(call, introspection.read, traceparent) or IntrospectionPage()

    async def get(self, path: str, params: Mapping[str, str] | None = None, *, traceparent: str = "") -> Any:
        """Any other GET, as plain values; None for 404. `path` begins with `/v2/` or the like."""
        return await self._ask(ApiCall("other", path, params or {}), answer_json.read_plain, traceparent)

    async def _ask(self, call: ApiCall, read: Callable[[bytes], T], traceparent: str) -> T | None:
        """The answer as `read` understands it; None for 404."""
        found, _ = await self._dated(call, read, traceparent)
        return found

    async def _dated(
        self, call: ApiCall, read: Callable[[bytes], T], traceparent: str = ""
    ) -> tuple[T | None, int | None]:
        """The answer as `read` understands it, None for 404; and when it was made (`http_status.date_ms`)."""
        parent, patience = traceparent_of(traceparent), self._patience
        async for attempt in stamina.retry_context(
            on=patience.again,
            attempts=patience.tries,
            timeout=patience.total_s,
            wait_initial=patience.wait_first_s,
            wait_max=patience.wait_max_s,
            wait_jitter=patience.wait_first_s,
        ):
            with attempt:
                return await self._once(call, read, parent)
        raise AssertionError("retry_context ends by return or raise")

    async def _once(self, call: ApiCall, read: Callable[[bytes], T], parent: str) -> tuple[T | None, int | None]:
        """One try, counted by its outcome."""
        outcome = "given_up"  # by the caller
        try:
            answer = await self._answer(call, parent)
            found = None if answer.status == http_status.MISSING else read_repaired(read, answer.body)
            outcome = "missing" if found is None else "ok"
        except (TryLater, Refused, NotAuthorized) as error:
            outcome = error.reason
            if isinstance(error, TryLater) and error.asked_to_wait:
                self.limits.hold(min(error.retry_after_s, self._patience.wait_max_s))
            raise
        finally:
            metrics.API_CALLS.labels(call.endpoint, outcome).inc()
        return found, http_status.date_ms(answer.headers)

    async def _answer(self, call: ApiCall, parent: str) -> ApiAnswer:
        """A 2xx or a 404. A token that has ended early is renewed once."""
        for _ in range(2):
            who = await self._credentials.headers()
            async with self.limits.turn():
                with metrics.API_SECONDS.labels(call.endpoint).time():
                    answer = await self._http.get(
                        self.base_url + call.path, call.params, {**who, "traceparent": parent}
                    )
            if call.params.get(endpoints.CURSOR):
                http_status.check_cursor(answer.status)
            if answer.status != http_status.UNAUTHORIZED:
                http_status.check(answer, time.time())
                return answer
            await self._credentials.renew(who)
        raise NotAuthorized("Junction refuses a new access token (HTTP 401): are region and environment right?")


@asynccontextmanager
async def open_client(settings: Settings, patience: RetryPolicy | None = None) -> AsyncIterator[Client]:
    """A client for the team of the settings; its connections are closed at the end. Raises Misconfigured.

    `patience`: that of the settings unless given.
    """
    http = HttpTransport(
        at_once=settings.junction_requests_at_once,
        timeout_s=settings.junction_timeout_s,
        answer_bytes_max=settings.junction_answer_bytes_max,
    )
    try:
        limits = Limits(settings.junction_requests_per_s, settings.junction_requests_at_once)
        patience = patience or RetryPolicy(settings.junction_tries, settings.junction_patience_s)
        yield Client(settings.junction_base_url, http, credentials.of(settings, http), limits, patience)
    finally:
        await http.close()
