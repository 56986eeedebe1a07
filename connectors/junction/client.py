"""Junction's Data Access API for one team: typed answers, bounded in every way (domain file, 6).

Every method but `resend_orders` only reads: many tasks may call it at once, and repeat it. It returns, or raises
TryLater (again in `retry_after_s`), Refused (never again like this) or NotAuthorized (a person acts); `caller.py` has
the retries.
A user, workout or profile that does not exist (404) is an empty answer or None. `traceparent` is sent, a new one if "".
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec

from connectors.junction import (
    answer_json,
    credentials,
    endpoints,
    introspection,
    pages,
    workout_stream,
)
from connectors.junction.caller import Caller
from connectors.junction.connections import (
    Device,
    ProviderInfo,
    UserConnection,
    read_connections,
    read_devices,
    read_providers,
)
from connectors.junction.credentials import Credentials
from connectors.junction.endpoints import ApiCall
from connectors.junction.http import HttpTransport
from connectors.junction.introspection import IntrospectionPage
from connectors.junction.limits import Limits
from connectors.junction.pages import Page
from connectors.junction.retry_policy import RetryPolicy
from connectors.junction.users import JunctionUser, UserPage, read_user, read_users
from streams.events import resources
from streams.ops import addresses
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.tables.history import Span


class Client:
    """Use `open_client`. `limits`: shared by all calls; its rate may be changed while it runs."""

    def __init__(
        self, base_url: str, http: HttpTransport, credentials: Credentials, limits: Limits, policy: RetryPolicy
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._caller = Caller(self.base_url, http, credentials, limits, policy)
        self.limits = limits

    async def check(self) -> None:
        """Address and credentials are right. Raises Misconfigured, which says what to change; TryLater.

        Call it once at the start: at a wrong address every answer is a 404, and that means empty.
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

        Raises Refused(NO_ENDPOINT) for what has none. `iterate_pages` and `advance` bound the paging.
        """
        call = endpoints.page(resource, user_id, span, provider, cursor)
        name = resources.normalise(resource)
        found, at_ms = await self._caller.read_dated(call, lambda body: pages.read(name, body), traceparent)
        return replace(found or Page(name, is_missing=True), answered_ms=at_ms)

    async def workout_stream(self, workout_id: str, *, traceparent: str = "") -> workout_stream.WorkoutStream | None:
        found, at_ms = await self._caller.read_dated(
            endpoints.workout_stream(workout_id), workout_stream.read, traceparent
        )
        return found and replace(found, answered_ms=at_ms)

    async def user(self, user_id: str, *, traceparent: str = "") -> JunctionUser | None:
        return await self._caller.read(endpoints.user(user_id), read_user, traceparent)

    async def resolve(self, client_user_id: str, *, traceparent: str = "") -> JunctionUser | None:
        """The user by your own id."""
        return await self._caller.read(endpoints.resolve(client_user_id), read_user, traceparent)

    async def users(self, offset: int = 0, limit: int = endpoints.USERS_MAX, *, traceparent: str = "") -> UserPage:
        """A page of the team's users."""
        return await self._caller.read(endpoints.users(offset, limit), read_users, traceparent) or UserPage()

    async def user_providers(self, user_id: str, *, traceparent: str = "") -> tuple[UserConnection, ...]:
        """The user's connections, and how they are."""
        return await self._caller.read(endpoints.user_providers(user_id), read_connections, traceparent) or ()

    async def devices(self, user_id: str, *, traceparent: str = "") -> tuple[Device, ...]:
        return await self._caller.read(endpoints.devices(user_id), read_devices, traceparent) or ()

    async def providers(self, *, traceparent: str = "") -> tuple[ProviderInfo, ...]:
        """All providers that Junction knows."""
        return await self._caller.read(endpoints.providers(), read_providers, traceparent) or ()

    async def historical_pulls(
        self, user_id: str = "", provider: str = "", cursor: str = "", *, users_max: int = 50, traceparent: str = ""
    ) -> IntrospectionPage:
        """A page of what Junction pulled, of one user or of all. It may be empty and still have a cursor."""
        call = endpoints.historical_pulls(user_id, provider, cursor, users_max)
        return await self._caller.read(call, introspection.read, traceparent) or IntrospectionPage()

    async def resources(
        self, user_id: str = "", provider: str = "", cursor: str = "", *, users_max: int = 50, traceparent: str = ""
    ) -> IntrospectionPage:
        """A page of what Junction has and sent of each resource, of one user or of all."""
        call = endpoints.ingestions(user_id, provider, cursor, users_max)
        return await self._caller.read(call, introspection.read, traceparent) or IntrospectionPage()

    async def resend_orders(self, start_at: str, end_at: str) -> tuple[str, ...]:
        """Junction sends the events of lab orders of the time again (domain file, 2.3). Returns the orders' ids."""
        call = ApiCall("resend_orders", "/v3/order/resend_events", body={"start_at": start_at, "end_at": end_at})
        return await self._caller.read(call, _read_resent, "") or ()

    async def get(self, path: str, params: Mapping[str, str] | None = None, *, traceparent: str = "") -> Any:
        """Any other GET, as plain values; None for 404. `path` begins with `/v2/` or the like."""
        return await self._caller.read(ApiCall("other", path, params or {}), answer_json.read_plain, traceparent)


class _Resent(msgspec.Struct):
    order_ids: tuple[str, ...]


def _read_resent(body: bytes) -> tuple[str, ...]:
    return answer_json.read_json(body, _Resent).order_ids


@asynccontextmanager
async def open_client(settings: Settings, policy: RetryPolicy | None = None) -> AsyncIterator[Client]:
    """A client for the team of the settings; its connections are closed at the end. Raises Misconfigured.

    `policy`: that of the settings unless given.
    """
    http = HttpTransport(
        at_once=settings.junction_requests_at_once,
        timeout_s=settings.junction_timeout_s,
        answer_bytes_max=settings.junction_answer_bytes_max,
    )
    try:
        limits = Limits(settings.junction_requests_per_s, settings.junction_requests_at_once)
        policy = policy or RetryPolicy(settings.junction_tries, settings.junction_patience_s)
        yield Client(settings.junction_base_url, http, credentials.of(settings, http), limits, policy)
    finally:
        await http.close()
