"""Credentials for Junction: a team's key, or an access token of a few minutes that is renewed (domain file, 6.1)."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from connectors.junction import http_status
from connectors.junction.answer_json import read_json
from connectors.junction.endpoints import segment
from connectors.junction.failures import NotAuthorized
from connectors.junction.http import HttpTransport
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

_EARLY_S = 30.0  # before its end a token is renewed
_OF_A_TEAM = ("pk_", "sk_")
_APART_S = 10.0  # between renewals: minting is rate limited, and another token would be refused too
Clock = Callable[[], float]


class Credentials(Protocol):
    async def headers(self) -> Mapping[str, str]:
        """Headers with the credentials. Raises TryLater, NotAuthorized."""
        ...

    async def renew(self, refused: Mapping[str, str]) -> None:
        """Replace headers that were answered 401, or raise NotAuthorized."""
        ...


def are_set(settings: Settings) -> bool:
    """Whether there is a key at all."""
    return bool(settings.junction_api_key.get_secret_value() or settings.junction_management_key.get_secret_value())


def of(settings: Settings, http: HttpTransport) -> Credentials:
    """A key wins over a management key. Raises NotAuthorized where there is neither."""
    if key := settings.junction_api_key.get_secret_value():
        return ApiKey(key)
    if settings.junction_management_key.get_secret_value():
        if not (settings.junction_org_id and settings.junction_team_id):
            raise Misconfigured("STREAMS_JUNCTION_MANAGEMENT_KEY needs STREAMS_JUNCTION_ORG_ID and _TEAM_ID beside it")
        return AccessToken(settings, http)
    raise NotAuthorized(
        "no credentials for Junction's API: set STREAMS_JUNCTION_API_KEY to the team's key from Junction's dashboard, "
        "or STREAMS_JUNCTION_MANAGEMENT_KEY with STREAMS_JUNCTION_ORG_ID and STREAMS_JUNCTION_TEAM_ID"
    )


class ApiKey:
    """A team's key, valid until it is revoked."""

    def __init__(self, key: str) -> None:
        self._headers = {"x-vital-api-key": _sendable(key, "STREAMS_JUNCTION_API_KEY")}

    async def headers(self) -> Mapping[str, str]:
        return self._headers

    async def renew(self, refused: Mapping[str, str]) -> None:
        raise NotAuthorized(
            "Junction refuses STREAMS_JUNCTION_API_KEY (HTTP 401): is it revoked, or of another region or environment?"
        )


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float


class AccessToken:
    """Minted when needed, kept until shortly before its end. Of the calls that wait, one mints for all."""

    def __init__(self, settings: Settings, http: HttpTransport, clock: Clock = time.monotonic) -> None:
        org, team = segment(settings.junction_org_id), segment(settings.junction_team_id)
        base = settings.junction_management_url.rstrip("/")
        self._url = f"{base}/v1/org/{org}/team/{team}/create_api_access_token"
        self._mint_headers = management_headers(settings)
        self._environment = settings.junction_environment
        self._http, self._clock = http, clock
        self._lock = asyncio.Lock()
        self._headers: Mapping[str, str] = {}
        self._minted_s = self._ends_s = float("-inf")

    async def headers(self) -> Mapping[str, str]:
        async with self._lock:
            if self._clock() >= self._ends_s:
                await self._mint()
            return self._headers

    async def renew(self, refused: Mapping[str, str]) -> None:
        async with self._lock:
            if refused is not self._headers:
                return  # another call was refused first, and has renewed it
            if self._clock() - self._minted_s < _APART_S:
                raise NotAuthorized(
                    "Junction refuses an access token that it has just minted (HTTP 401): is the region right?"
                )
            await self._mint()

    async def _mint(self) -> None:
        answer = await self._http.post(self._url, {"env": self._environment}, self._mint_headers)
        if answer.status in (http_status.UNAUTHORIZED, 403, http_status.MISSING):
            raise NotAuthorized(
                f"Junction mints no access token (HTTP {answer.status}): check STREAMS_JUNCTION_MANAGEMENT_KEY, "
                "STREAMS_JUNCTION_ORG_ID and STREAMS_JUNCTION_TEAM_ID"
            )
        http_status.check(answer, time.time())
        token = read_json(answer.body, _Token)
        self._headers = {"authorization": f"Bearer {_sendable(token.access_token, 'the access token')}"}
        self._minted_s = self._clock()
        self._ends_s = self._minted_s + max(token.expires_in - _EARLY_S, token.expires_in / 2)


def management_headers(settings: Settings) -> Mapping[str, str]:
    """The management key as a header. Raises NotAuthorized where there is none, and for a team's key."""
    key = settings.junction_management_key.get_secret_value()
    if key.lower().startswith(_OF_A_TEAM):
        raise NotAuthorized(
            "STREAMS_JUNCTION_MANAGEMENT_KEY holds a team's key (pk_, sk_), which does not work here: ask Junction's "
            "customer success manager for a management key (mg_)"
        )
    if not key:
        raise NotAuthorized(
            "no management key: set STREAMS_JUNCTION_MANAGEMENT_KEY (mg_..., from Junction's customer success manager) "
            "and STREAMS_JUNCTION_ORG_ID; a team's key, as in STREAMS_JUNCTION_API_KEY, does not work here"
        )
    return {"x-management-key": _sendable(key, "STREAMS_JUNCTION_MANAGEMENT_KEY")}


def _sendable(secret: str, name: str) -> str:
    """The secret. Raises NotAuthorized for what no header can hold: it was pasted by mistake."""
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise NotAuthorized(f"{name} holds a character that no key has")
    return secret
