"""One step of an alert to one receiver: attempts with bounds, a record of each, and a decision in the end."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import httpx
import stamina

from connectors.receivers.http_request import idempotency_key, post
from connectors.receivers.receiver import Kind, Receiver
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


class Status(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    STALE = "stale"


class Place(NamedTuple):
    """Where the alert's record lies."""

    topic: str
    partition: int
    offset: int


class Answer(NamedTuple):
    """What came of an attempt. `reason`: "" for delivered. `retry_after_s`: what the receiver asks for."""

    http_status: int | None
    reason: str = ""
    is_final: bool = True
    retry_after_s: float | None = None


class _Failed(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


Note = Callable[[dict[str, Any]], Awaitable[None]]  # makes the record of an attempt durable
Claim = Callable[[], Awaitable[None]]  # returns once it is proved that the alert is still ours to bring
Alert = Mapping[str, Any]


NO_ALERT: Alert = {"id": "", "revision": 0, "life": "", "user_id": "", "rule": ""}
_ID = re.compile(r"[\x21-\x7e]{1,200}")  # it travels in headers


def checked(record: dict[str, Any]) -> Alert:
    """The record, if it can be brought: what its schema leaves open is as alerts have it. Raises Unreadable."""
    if not _ID.fullmatch(record["id"]) or record["severity"] not in set(Severity) or record["life"] not in set(Life):
        raise Unreadable("no alert of ours")
    return record


class Courier:
    """Brings alerts to receivers. `note` returns when the record of an attempt is safe."""

    def __init__(self, client: httpx.AsyncClient, note: Note, attempts_max: int = ATTEMPTS_MAX) -> None:
        self._client = client
        self._note = note
        self._attempts_max = attempts_max

    async def bring(self, receiver: Receiver, alert: Alert, place: Place, claim: Claim) -> Status:
        """Delivered, given up, or not tried because it is too old to wake anybody. `claim` is asked at each attempt."""
        if alert["stale_at"] < datetime.now(UTC):
            await self._note(delivery(receiver, alert, place, 0, Status.STALE, Answer(None, "too_old"), 0.0))
            return Status.STALE
        try:
            async for attempt in stamina.retry_context(
                on=_wait, attempts=self._attempts_max, timeout=None, wait_initial=WAIT_INITIAL_S, wait_max=WAIT_MAX_S
            ):
                with attempt:
                    await claim()
                    await self._once(receiver, alert, place, attempt.num)
        except _Failed as failed:
            logger.error("given_up", receiver=receiver.name, alert=alert["id"], why=failed.answer.reason)
            return Status.GIVEN_UP
        return Status.DELIVERED

    async def give_up(self, receiver: Receiver, place: Place, why: str) -> None:
        """Of what cannot be read nobody knows for whom it was: each receiver has it on record."""
        where = {"topic": place.topic, "partition": place.partition, "offset": place.offset}
        logger.error("unreadable", receiver=receiver.name, **where, why=why)
        await self._note(delivery(receiver, NO_ALERT, place, 0, Status.GIVEN_UP, Answer(None, "unreadable"), 0.0))

    async def _once(self, receiver: Receiver, alert: Alert, place: Place, number: int) -> None:
        began_s = time.monotonic()
        answer = await self._send(receiver, alert)
        took_s = time.monotonic() - began_s
        is_last = answer.is_final or number >= self._attempts_max
        status = Status.DELIVERED if not answer.reason else Status.GIVEN_UP if is_last else Status.FAILED
        await self._note(delivery(receiver, alert, place, number, status, answer, took_s))
        if answer.reason:
            raise _Failed(answer)

    async def _send(self, receiver: Receiver, alert: Alert) -> Answer:
        if receiver.kind is Kind.LOG:
            # Without the user: rule and user together say what somebody has, and logs go far and stay long.
            logger.warning(
                "alert", id=alert["id"], revision=alert["revision"], life=alert["life"], rule=alert["rule"],
                severity=alert["severity"], resolution=alert["resolution"],
            )  # fmt: skip
            return Answer(None)
        made = post(receiver, alert, datetime.now(UTC))
        try:
            async with self._client.stream(
                "POST", made.url, content=made.body, headers=made.headers, timeout=TIMEOUT_S
            ) as reply:  # what it says beside its status is not read
                return judged(reply.status_code, reply.headers.get("retry-after", ""))
        except httpx.TimeoutException:
            return Answer(None, "timeout", is_final=False)
        except httpx.InvalidURL:
            return Answer(None, "bad_url")
        except httpx.HTTPError:
            return Answer(None, "no_connection", is_final=False)


def judged(code: int, retry_after: str) -> Answer:
    """What an HTTP status means: 2xx has it; busy or broken servers are asked again; anything else never will."""
    if 200 <= code < 300:
        return Answer(code)
    if code not in _AGAIN:
        return Answer(code, f"http_{code}")
    seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6 else None
    return Answer(code, f"http_{code}", False, None if seconds is None else min(seconds, RETRY_AFTER_S_MAX))


def _wait(error: Exception) -> bool | float:
    """For stamina: whether to try again, or in how many seconds."""
    if not isinstance(error, _Failed) or error.answer.is_final:
        return False
    return error.answer.retry_after_s if error.answer.retry_after_s else True


def delivery(
    receiver: Receiver, alert: Alert, place: Place, attempt: int, status: Status, answer: Answer, took_s: float
) -> dict[str, Any]:
    """One record of `alert_deliveries`. Nothing of what the receiver said is in it."""
    return {
        "alert_id": alert["id"],
        "revision": alert["revision"],
        "life": alert["life"],
        "user_id": alert["user_id"],
        "rule": alert["rule"],
        "receiver": receiver.name,
        "kind": receiver.kind,
        "attempt": attempt,
        "status": status,
        "http_status": answer.http_status,
        "reason": answer.reason,
        "idempotency_key": idempotency_key(alert),
        "duration_ms": int(took_s * 1000),
        "at": time.time_ns() // 1_000_000,
        "alert_topic": place.topic,
        "alert_partition": place.partition,
        "alert_offset": place.offset,
    }
