"""The one file here with HTTP: calls of the `svix` package, whose errors become ours, and what they ask of a person.

Every call may be made again: a repeated recover sends what has not arrived. Times are Unix milliseconds.
"""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import httpx
from pydantic import ValidationError
from svix.api import SvixAsync, SvixOptions
from svix.api.endpoint import EndpointListOptions
from svix.api.errors.http_error import HttpError
from svix.api.errors.http_validation_error import HTTPValidationError
from svix.api.message_attempt import MessageAttemptListAttemptedMessagesOptions
from svix.models import EndpointOut, EndpointPatch, MessageStatus, RecoverIn, ReplayIn

from connectors.contract import proxies
from streams.ops import addresses, env_file
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

T = TypeVar("T")
_PAGE = 250  # Svix's largest
_PAGES_MAX = 40_000
_RETRIES_S = [0.5, 1.0, 2.0, 4.0]
_LATER_S = 30
_RETRY_GONE_MS = 60_000  # a retry that is overdue for so long will not be made: the endpoint was disabled in between
SPAN_MS_MAX = 14 * 86_400_000  # of one recover or replay


class SvixSpan(NamedTuple):
    """Unix milliseconds; `until_ms` None: up to now."""

    since_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class SentTo:
    """An endpoint as Svix has it. `rate_limit`: messages a second, None: none."""

    id: str
    url: str
    description: str
    is_disabled: bool
    rate_limit: int | None


class SvixApi:
    """Use `open_svix`. Each call raises Misconfigured and Unavailable."""

    def __init__(self, svix: SvixAsync, app_id: str) -> None:
        self._svix, self._app_id = svix, app_id

    async def endpoints(self) -> list[SentTo]:
        """All endpoints of the application."""
        found, pages = [], _Pages()
        while not pages.is_last:
            options = EndpointListOptions(limit=_PAGE, iterator=pages.iterator)
            page = await _asked(self._svix.endpoint.list(self._app_id, options))
            found += [_sent_to(one) for one in page.data]
            pages.read(page)
        return found

    async def endpoint(self, id: str) -> SentTo:
        return _sent_to(await _asked(self._svix.endpoint.get(self._app_id, id)))

    async def set_rate(self, id: str, rate: int | None) -> None:
        """Messages a second; None: no limit."""
        await _asked(self._svix.endpoint.patch(self._app_id, id, EndpointPatch(throttle_rate=rate)))

    async def recover(self, id: str, span: SvixSpan) -> str:
        """Send again what failed in the span, as far as Svix saw nothing of it arrive in the span. Returns its task."""
        body = RecoverIn(since=_time(span.since_ms), until=_until(span))
        return (await _asked(self._svix.endpoint.recover(self._app_id, id, body))).id

    async def replay_missing(self, id: str, span: SvixSpan) -> str:
        """Send what was made in the span and never tried, as while the endpoint was disabled. Returns its task."""
        body = ReplayIn(since=_time(span.since_ms), until=_until(span))
        return (await _asked(self._svix.endpoint.replay_missing(self._app_id, id, body))).id

    async def sent_by(self, task_id: str) -> int | None:
        """How many messages a finished task sends; None while it runs, or where this token may not know."""
        try:
            task = await _asked(self._svix.background_task.get(task_id))
        except Misconfigured:
            return None
        sent = task.data.get("messagesSent") if task.status == "finished" else None
        return sent if isinstance(sent, int) else None

    async def resend(self, id: str, message_id: str) -> None:
        """One message, once more."""
        await _asked(self._svix.message_attempt.resend(self._app_id, message_id, id))

    async def failed(self, id: str, span: SvixSpan, now_ms: int) -> list[str]:
        """Ids of messages made in the span that have failed for good: given up, or no retry will come any more."""
        gave_up = [one async for one, _ in self._standing(id, span, MessageStatus.FAIL)]
        dropped = [
            one
            async for one, next_ms in self._standing(id, span, MessageStatus.SENDING)
            if next_ms is not None and next_ms < now_ms - _RETRY_GONE_MS
        ]
        return sorted({*gave_up, *dropped})

    async def _standing(self, id: str, span: SvixSpan, status: MessageStatus) -> AsyncIterator[tuple[str, int | None]]:
        """(message, when Svix tries again) of those that stand so now. `before` would hide what arrived after it."""
        pages, after = _Pages(), _time(span.since_ms)
        while not pages.is_last:
            options = MessageAttemptListAttemptedMessagesOptions(
                limit=_PAGE, iterator=pages.iterator, status=status, after=after, with_content=False
            )
            page = await _asked(self._svix.message_attempt.list_attempted_messages(self._app_id, id, options))
            for one in page.data:
                if span.until_ms is None or _millis(one.timestamp) < span.until_ms:
                    yield one.id, None if one.next_attempt is None else _millis(one.next_attempt)
            pages.read(page)


class _Pages:
    """Where a list goes on, until it ends."""

    def __init__(self) -> None:
        self.iterator: str | None = None
        self.is_last = False
        self._seen: set[str | None] = {None}

    def read(self, page: Any) -> None:
        """Raises Unavailable where an iterator comes again: what is behind it nobody would ever see."""
        if page.done or not page.data:
            self.is_last = True
            return
        if page.iterator in self._seen or len(self._seen) > _PAGES_MAX:
            raise Unavailable("a list of Svix's goes in circles", _LATER_S)
        self._seen.add(page.iterator)
        self.iterator = page.iterator


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except HTTPValidationError:
        raise Misconfigured(
            "Svix refuses what was asked (HTTP 422): is the time within 90 days, and is since before until?"
        ) from None
    except HttpError as error:
        raise _refused(error.status_code) from None
    except (httpx.RequestError, ValidationError, ValueError, KeyError) as error:
        why = type(error).__name__
        raise Unavailable(f"Svix does not answer as its API does ({why}): check STREAMS_SVIX_URL", _LATER_S) from None


def _refused(status: int) -> Misconfigured | Unavailable:
    if status == 401:
        return Misconfigured(
            "Svix refuses STREAMS_SVIX_TOKEN (HTTP 401): has it expired, and is it of this region? Junction gives out "
            "new ones"
        )
    if status == 403:
        return Misconfigured("Svix lets this token not do that (HTTP 403): ask Junction for one of the application")
    if status == 404:
        return Misconfigured("Svix knows no such application, endpoint or call (HTTP 404): check STREAMS_SVIX_APP_ID")
    if status in (400, 409):
        return Misconfigured(f"Svix refuses what was asked (HTTP {status})")
    if 300 <= status < 400:
        return Misconfigured(f"Svix answers with a redirect (HTTP {status}): check STREAMS_SVIX_URL")
    return Unavailable(f"Svix answers HTTP {status}", _LATER_S)


def _sent_to(one: EndpointOut) -> SentTo:
    return SentTo(one.id, one.url, one.description, bool(one.disabled), one.throttle_rate)


def _time(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)


def _until(span: SvixSpan) -> datetime | None:
    return None if span.until_ms is None else _time(span.until_ms)


def _millis(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def is_set(settings: Settings) -> bool:
    """Whether there is a token."""
    return bool(settings.svix_token.get_secret_value())


@asynccontextmanager
async def open_svix(settings: Settings) -> AsyncIterator[SvixApi]:
    """The application of the settings. Raises Misconfigured, before anything is sent."""
    token = settings.svix_token.get_secret_value()
    if not token:
        raise Misconfigured("STREAMS_SVIX_TOKEN is not set: Junction has to be asked for one")
    addresses.check_header("STREAMS_SVIX_TOKEN", token)
    if not settings.svix_app_id:
        raise Misconfigured("STREAMS_SVIX_APP_ID is not set: `svix_app_id` of the team, as Junction's API tells it")
    if settings.svix_url:
        env_file.check_address("svix_url", "the token of Svix")
    options = SvixOptions(
        server_url=settings.svix_url.rstrip("/") or None,
        retry_schedule=_RETRIES_S,
        timeout=settings.junction_timeout_s,
    )
    svix = SvixAsync(token, options)
    await svix._httpx_client.aclose()
    # The package's own client would take a proxy for http, too; it has no argument for another.
    svix._httpx_client = httpx.AsyncClient(mounts=proxies.mounts())
    async with svix._httpx_client:
        yield SvixApi(svix, settings.svix_app_id)
