"""Delivers one alert record to one receiver: a bounded number of attempts, a record of each, a status in the end."""

import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import stamina

from connectors.receivers.attempt_span import attempted, attempting, sent_headers
from connectors.receivers.delivery_record import (
    AlertPosition,
    AlertRecord,
    AttemptResult,
    DeliveryStatus,
    delivery_record,
)
from connectors.receivers.http_request import ReceiverRequest, build_request
from connectors.receivers.receiver import Receiver, ReceiverKind
from streams.alerts.lives import Life
from streams.alerts.rules import Severity
from streams.ops import log
from streams.ops.errors import Unreadable
from streams.ops.trace_context import NO_TRACE, TraceContext

ATTEMPTS_MAX = 8
WAIT_INITIAL_S, WAIT_MAX_S = 0.5, 60.0
TIMEOUT_S = 10.0
RETRY_AFTER_S_MAX = 300.0
_RETRIED = frozenset({408, 425, 429}) | frozenset(range(500, 600))

logger = log.get("notify")


RecordAttempt = Callable[[dict[str, Any]], Awaitable[None]]  # returns when the record of an attempt is durable
ConfirmOwnership = Callable[[], Awaitable[None]]  # returns when it is proved that the partition is ours

NO_ALERT: AlertRecord = {"id": "", "revision": 0, "life": "", "user_id": "", "rule": ""}
_ID = re.compile(r"[\x21-\x7e]{1,200}")  # it is sent in headers


class _AttemptFailed(Exception):
    def __init__(self, result: AttemptResult) -> None:
        super().__init__(result.reason)
        self.result = result


def check_alert(record: dict[str, Any]) -> AlertRecord:
    """The record, if its values are those of an alert, beyond what the schema checks. Raises Unreadable."""
    if not _ID.fullmatch(record["id"]) or record["severity"] not in set(Severity) or record["life"] not in set(Life):
        raise Unreadable("no alert of ours")
    return record


class AlertSender:
    """Delivers alerts, and has each attempt recorded."""

    def __init__(self, client: httpx.AsyncClient, record: RecordAttempt, attempts_max: int = ATTEMPTS_MAX) -> None:
        self._client = client
        self._record = record
        self._attempts_max = attempts_max

    async def deliver(
        self,
        receiver: Receiver,
        alert: AlertRecord,
        position: AlertPosition,
        confirm: ConfirmOwnership,
        trace: TraceContext = NO_TRACE,
    ) -> DeliveryStatus:
        """DELIVERED, GIVEN_UP, or STALE: too old to notify anybody. `confirm` is awaited before each attempt.

        `trace`: of the alert's record; the receiver gets it, too.
        """
        if alert["stale_at"] < datetime.now(UTC):
            too_old = AttemptResult(None, "too_old")
            await self._record(delivery_record(receiver, alert, position, 0, DeliveryStatus.STALE, too_old, 0.0))
            return DeliveryStatus.STALE
        try:
            async for attempt in stamina.retry_context(
                on=_wait, attempts=self._attempts_max, timeout=None, wait_initial=WAIT_INITIAL_S, wait_max=WAIT_MAX_S
            ):
                with attempt:
                    await confirm()
                    await self._attempt(receiver, alert, position, attempt.num, trace)
        except _AttemptFailed as failed:
            logger.error("given_up", receiver=receiver.name, alert=alert["id"], why=failed.result.reason)
            return DeliveryStatus.GIVEN_UP
        return DeliveryStatus.DELIVERED

    async def give_up(self, receiver: Receiver, position: AlertPosition, why: str) -> None:
        """Record an unreadable alert as given up, for every receiver: nobody knows whose it was."""
        logger.error("unreadable", receiver=receiver.name, **position._asdict(), why=why)
        unreadable = AttemptResult(None, "unreadable")
        await self._record(delivery_record(receiver, NO_ALERT, position, 0, DeliveryStatus.GIVEN_UP, unreadable, 0.0))

    async def _attempt(
        self, receiver: Receiver, alert: AlertRecord, position: AlertPosition, number: int, trace: TraceContext
    ) -> None:
        began_s = time.monotonic()
        result = await self._send(receiver, alert, number, trace)
        took_s = time.monotonic() - began_s
        status = DeliveryStatus.DELIVERED
        if result.reason:
            is_last = result.is_final or number >= self._attempts_max
            status = DeliveryStatus.GIVEN_UP if is_last else DeliveryStatus.FAILED
        await self._record(delivery_record(receiver, alert, position, number, status, result, took_s))
        if result.reason:
            raise _AttemptFailed(result)

    async def _send(self, receiver: Receiver, alert: AlertRecord, number: int, trace: TraceContext) -> AttemptResult:
        if receiver.kind is ReceiverKind.LOG:
            return _log(alert)
        request = build_request(receiver, alert, datetime.now(UTC))
        with attempting(receiver, number, trace) as span:
            headers = request.headers | sent_headers(span.context if span else trace)
            result = await self._post(request._replace(headers=headers))
            if span:
                attempted(span, result)
            return result

    async def _post(self, request: ReceiverRequest) -> AttemptResult:
        try:
            async with self._client.stream(
                "POST", request.url, content=request.body, headers=request.headers, timeout=TIMEOUT_S
            ) as reply:  # its body is not read
                return result_of(reply.status_code, reply.headers.get("retry-after", ""))
        except httpx.TimeoutException:
            return AttemptResult(None, "timeout", is_final=False)
        except httpx.InvalidURL:
            return AttemptResult(None, "bad_url")
        except httpx.HTTPError:
            return AttemptResult(None, "no_connection", is_final=False)


def _log(alert: AlertRecord) -> AttemptResult:
    # Without the user: rule and user together say what somebody has, and logs go far and stay long.
    logger.warning(
        "alert", id=alert["id"], revision=alert["revision"], life=alert["life"], rule=alert["rule"],
        severity=alert["severity"], resolution=alert["resolution"],
    )  # fmt: skip
    return AttemptResult(None)


def result_of(code: int, retry_after: str) -> AttemptResult:
    """What an HTTP status means: 2xx is delivered; 408, 425, 429 and 5xx are tried again; any other is final."""
    if 200 <= code < 300:
        return AttemptResult(code)
    if code not in _RETRIED:
        return AttemptResult(code, f"http_{code}")
    seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6 else None
    return AttemptResult(code, f"http_{code}", False, None if seconds is None else min(seconds, RETRY_AFTER_S_MAX))


def _wait(error: Exception) -> bool | float:
    """For stamina: whether to try again, or in how many seconds."""
    if not isinstance(error, _AttemptFailed) or error.result.is_final:
        return False
    return error.result.retry_after_s if error.result.retry_after_s else True
