"""Junction's Org Management API for webhooks: which endpoints a team has, and how they are changed (domain file, 7.1).

There is no tag, no idempotency key, no search: what is sent twice happens twice. So `create` and `rotate` are tried
once, and who calls them looks before trying again. Signing secrets and values of headers are secret types.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec
from pydantic import SecretStr

from connectors.junction.answer_json import Paged, read_json, read_plain
from connectors.junction.endpoints import segment
from connectors.junction.management import Management, NotThere, Refusals, open_management
from connectors.junction.paging import iterate_pages
from connectors.junction.retry_policy import RetryPolicy
from streams.ops import env_file
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

_AT_ONCE = 8  # of calls that only read
_PAGE = 50  # Junction's own default; no maximum is documented
_PAGES_MAX = 100
Interval = Literal["5m", "15m", "1h", "1d"]

_OF_WEBHOOKS = Refusals(
    forbidden="check the organisation and the team, and ask Junction whether its Management API is enabled for you; it "
    "belongs to the Scale plan",
    missing="no such organisation, team or webhook (HTTP 404): check [team] of webhooks.toml: org, team, environment",
    names=frozenset(
        {
            *("body", "path", "query", "org_id", "team_id", "environment", "webhook_id", "next_cursor", "limit"),
            *("description", "rate_limit", "url", "disabled", "filter_types", "secret", "headers", "key", "interval"),
        }
    ),
)


class TeamPlace(NamedTuple):
    """Whose webhooks: of a team, in one environment. "" is what the settings say."""

    org_id: str = ""
    team_id: str = ""
    environment: Literal["production", "sandbox", ""] = ""

    def filled(self, settings: Settings) -> "TeamPlace":
        """With the settings' in place of what is empty."""
        return TeamPlace(
            self.org_id or settings.junction_org_id,
            self.team_id or settings.junction_team_id,
            self.environment or settings.junction_environment,
        )


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint as Junction has it. `filter_types`: exact event types; None is all, those of tomorrow too."""

    id: str
    url: str
    description: str
    rate_limit: int | None
    is_disabled: bool
    filter_types: tuple[str, ...] | None
    created_at: str
    updated_at: str


class WebhookHeaders(NamedTuple):
    """Headers that Junction sends along. `hidden`: names of those whose values it does not tell."""

    values: Mapping[str, SecretStr]
    hidden: frozenset[str]


class _Row(msgspec.Struct):
    id: str
    url: str
    created_at: str
    updated_at: str
    description: str | None = None
    rate_limit: int | None = None
    disabled: bool | None = None
    filter_types: tuple[str, ...] | None = None


class _Rows(Paged, kw_only=True):
    data: list[_Row]


class _HeadersRow(msgspec.Struct):
    headers: dict[str, str]
    sensitive: list[str]


class _KeyRow(msgspec.Struct):
    key: str


class WebhookApi:
    """Use `open_webhooks`. Each call raises Misconfigured, Refused, Unavailable; none with a secret in it."""

    def __init__(self, management: Management, place: TeamPlace) -> None:
        self._management = management
        self._base = f"team/{segment(place.team_id)}/{segment(place.environment)}"

    async def list(self) -> tuple[Webhook, ...]:
        """All webhooks of the team. Raises Refused(ENDLESS) where the pages go in circles."""
        found: dict[str, Webhook] = {}
        async for page in iterate_pages(self._page, _PAGES_MAX):
            found.update({row.id: _webhook(row) for row in page.data})
        return tuple(found.values())

    async def get(self, id: str) -> Webhook:
        """Raises NotThere."""
        return _webhook(read_json(await self._ask("GET", _of(id)), _Row))

    async def create(
        self,
        *,
        url: str,
        description: str,
        rate_limit: int | None,
        filter_types: tuple[str, ...] | None,
        is_disabled: bool = False,
        secret: SecretStr | None = None,
    ) -> Webhook:
        """Tried once: after Unavailable there may be one all the same. `secret`: else Junction makes one."""
        key = {} if secret is None else {"secret": secret.get_secret_value()}
        body = {
            "url": url,
            "description": description,
            "rate_limit": rate_limit,
            "disabled": is_disabled,
            "filter_types": filter_types,
            **key,
        }
        return _webhook(read_json(await self._ask("POST", "webhook", body, once=True), _Row))

    async def patch(self, id: str, **fields: Any) -> Webhook:
        """Change fields: `url`, `description`, `rate_limit`, `filter_types`, `is_disabled`. None takes a value away."""
        body = {"disabled" if name == "is_disabled" else name: value for name, value in fields.items()}
        return _webhook(read_json(await self._ask("PATCH", _of(id), body), _Row))

    async def delete(self, id: str) -> None:
        """Done, too, where there is none: an answer that was lost is asked for again."""
        try:
            await self._ask("DELETE", _of(id))
        except NotThere:
            return

    async def headers(self, id: str) -> WebhookHeaders:
        row = read_json(await self._ask("GET", f"{_of(id)}/headers"), _HeadersRow)
        values = {name: SecretStr(value) for name, value in row.headers.items()}
        return WebhookHeaders(values, frozenset(row.sensitive))

    async def put_headers(self, id: str, headers: Mapping[str, SecretStr]) -> None:
        """All of them: one that is missing here is taken away."""
        values = {name: value.get_secret_value() for name, value in headers.items()}
        await self._ask("PUT", f"{_of(id)}/headers", {"headers": values})

    async def secret(self, id: str) -> SecretStr:
        """The one that Junction signs with; older ones, which sign as well for a day, it does not tell."""
        return SecretStr(read_json(await self._ask("GET", f"{_of(id)}/secret"), _KeyRow).key)

    async def rotate(self, id: str, key: SecretStr) -> None:
        """Tried once: sent again, the same secret would be pushed to the old ones. After Unavailable read `secret`."""
        await self._ask("POST", f"{_of(id)}/secret/rotate", {"key": key.get_secret_value()}, once=True)

    async def delivery_metric(self, interval: Interval = "1h") -> Any:
        """What Junction counted of its deliveries, as Prometheus answers a query."""
        return read_plain(await self._ask("GET", "event_delivery_metric", params={"interval": interval}))

    async def _page(self, cursor: str) -> "_Page":
        params = {"limit": str(_PAGE), **({"next_cursor": cursor} if cursor else {})}
        rows = read_json(await self._ask("GET", "webhook", params=params), _Rows)
        return _Page(rows.data, rows.cursor)

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        once: bool = False,
    ) -> bytes:
        return await self._management.ask(method, f"{self._base}/{path}", _OF_WEBHOOKS, params, body, once=once)


class _Page(NamedTuple):
    data: "list[_Row]"
    next_cursor: str | None


def _of(id: str) -> str:
    return f"webhook/{segment(id)}"


def _webhook(row: _Row) -> Webhook:
    return Webhook(
        row.id,
        row.url,
        row.description or "",
        row.rate_limit,
        bool(row.disabled),
        row.filter_types or None,  # Svix has no empty filter: whoever answers one means that there is none
        row.created_at,
        row.updated_at,
    )


@asynccontextmanager
async def open_webhooks(
    settings: Settings, place: TeamPlace, policy: RetryPolicy | None = None
) -> AsyncIterator[WebhookApi]:
    """The webhooks of a team. Raises NotAuthorized and Misconfigured, before anything is sent."""
    whole = place.filled(settings)
    if not whole.team_id:
        raise Misconfigured("no team: set team in [team] of webhooks.toml, or STREAMS_JUNCTION_TEAM_ID")
    env_file.check_address("junction_management_url", "a webhook's signing secret")
    its = settings.model_copy(update={"junction_org_id": whole.org_id, "junction_environment": whole.environment})
    async with open_management(its, policy, at_once=_AT_ONCE) as management:
        yield WebhookApi(management, whole)
