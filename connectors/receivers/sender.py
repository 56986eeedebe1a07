"""One step of an alert to one receiver: attempts with bounds, a record of each, and a decision in the end."""

import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import stamina

from connectors.receivers.delivery_record import (
    AlertPosition,
    AlertRecord,
    AttemptResult,
    DeliveryStatus,
    delivery_record,
)
from connectors.receivers.http_request import build_request
from connectors.receivers.receiver import Receiver, ReceiverKind
from streams.alerts.lives.alert import Life
from streams.alerts.rules.rule import Severity
from streams.ops import log
from streams.ops.errors import Unreadable

ATTEMPTS_MAX = 8
WAIT_INITIAL_S, WAIT_MAX_S = 0.5, 60.0
TIMEOUT_S = 10.0
RETRY_AFTER_S_MAX = 300.0
_AGAIN = frozenset({408, 425, 429}) | frozenset(range(500, 600))

logger = log.get("notify")


class _Failed(Exception):
    def __init__(self, answer: AttemptResult) -> None:
        super().__init__(answer.reason)
        self.answer = answer


RecordAttempt = Callable[[dict[str, Any]], Awaitable[None]]  # makes the record of an attempt durable
ConfirmOwnership = Callable[[], Awaitable[None]]  # returns once it is proved that the alert is still ours to bring


NO_ALERT: AlertRecord = {"id": "", "revision": 0, "life": "", "user_id": "", "rule": ""}
_ID = re.compile(r"[\x21-\x7e]{1,200}")  # it travels in headers


def check_alert(record: dict[str, Any]) -> AlertRecord:
    """The record, if it can be brought: what its schema leaves open is as alerts have it. Raises Unreadable."""
    if not _ID.fullmatch(record["id"]) or record["severity"] not in set(Severity) or record["life"] not in set(Life):
        raise Unreadable("no alert of ours")
    return record


class AlertSender:
    """Brings alerts to receivers. `note` returns when the record of an attempt is safe."""

    def __init__(self, client: httpx.AsyncClient, note: RecordAttempt, attempts_max: int = ATTEMPTS_MAX) -> None:
        self._client = client
        self._note = note
        self._attempts_max = attempts_max

    async def bring(
        self, receiver: Receiver, alert: AlertRecord, place: AlertPosition, claim: ConfirmOwnership
    ) -> DeliveryStatus:
        """Delivered, given up, or not tried because it is too old to wake anybody. `claim` is asked at each attempt."""
        if alert["stale_at"] < datetime.now(UTC):
            await self._note(
                delivery_record(receiver, alert, place, 0, DeliveryStatus.STALE, AttemptResult(None, "too_old"), 0.0)
            )
            return DeliveryStatus.STALE
        try:
            async for attempt in stamina.retry_context(
                on=_wait, attempts=self._attempts_max, timeout=None, wait_initial=WAIT_INITIAL_S, wait_max=WAIT_MAX_S
            ):
                with attempt:
                    await claim()
                    await self._once(receiver, alert, place, attempt.num)
        except _Failed as failed:
            logger.error("given_up", receiver=receiver.name, alert=alert["id"], why=failed.answer.reason)
            return DeliveryStatus.GIVEN_UP
        return DeliveryStatus.DELIVERED

    async def give_up(self, receiver: Receiver, place: AlertPosition, why: str) -> None:
        """Of what cannot be read nobody knows for whom it was: each receiver has it on record."""
        where = {"topic": place.topic, "partition": place.partition, "offset": place.offset}
        logger.error("unreadable", receiver=receiver.name, **where, why=why)
        await self._note(
            delivery_record(
                receiver, NO_ALERT, place, 0, DeliveryStatus.GIVEN_UP, AttemptResult(None, "unreadable"), 0.0
            )
        )

    async def _once(self, receiver: Receiver, alert: AlertRecord, place: AlertPosition, number: int) -> None:
        began_s = time.monotonic()
        answer = await self._send(receiver, alert)
        took_s = time.monotonic() - began_s
        is_last = answer.is_final or number >= self._attempts_max
        status = (
            DeliveryStatus.DELIVERED
            if not answer.reason
            else DeliveryStatus.GIVEN_UP
            if is_last
            else DeliveryStatus.FAILED
        )
        await self._note(delivery_record(receiver, alert, place, number, status, answer, took_s))
        if answer.reason:
            raise _Failed(answer)

    async def _send(self, receiver: Receiver, alert: AlertRecord) -> AttemptResult:
        if receiver.kind is ReceiverKind.LOG:
            # Without the user: rule and user together say what somebody has, and logs go far and stay long.
            logger.warning(
                "alert", id=alert["id"], revision=alert["revision"], life=alert["life"], rule=alert["rule"],
                severity=alert["severity"], resolution=alert["resolution"],
            )  # fmt: skip
            return AttemptResult(None)
        made = build_request(receiver, alert, datetime.now(UTC))
        try:
            async with self._client.stream(
                "POST", made.url, content=made.body, headers=made.headers, timeout=TIMEOUT_S
            ) as reply:  # what it says beside its status is not read
                return result_of(reply.status_code, reply.headers.get("retry-after", ""))
        except httpx.TimeoutException:
            return AttemptResult(None, "timeout", is_final=False)
        except httpx.InvalidURL:
            return AttemptResult(None, "bad_url")
        except httpx.HTTPError:
            return AttemptResult(None, "no_connection", is_final=False)


def result_of(code: int, retry_after: str) -> AttemptResult:
    """What an HTTP status means: 2xx has it; busy or broken servers are asked again; anything else never will."""
    if 200 <= code < 300:
        return AttemptResult(code)
    if code not in _AGAIN:
        return AttemptResult(code, f"http_{code}")
    seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6 else None
    return AttemptResult(code, f"http_{code}", False, None if seconds is None else min(seconds, RETRY_AFTER_S_MAX))


def _wait(error: Exception) -> bool | float:
    """For stamina: whether to try again, or in how many seconds."""
    if not isinstance(error, _Failed) or error.answer.is_final:
        return False
    return error.answer.retry_after_s if error.answer.retry_after_s else True
