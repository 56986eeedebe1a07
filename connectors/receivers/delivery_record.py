"""One record of `alert_deliveries`: what became of an attempt."""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from connectors.receivers.http_request import idempotency_key
from connectors.receivers.receiver import Receiver

AlertRecord = Mapping[str, Any]


class DeliveryStatus(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    STALE = "stale"


class AlertPosition(NamedTuple):
    """Where the alert's record lies."""

    topic: str
    partition: int
    offset: int


class AttemptResult(NamedTuple):
    """Result of an attempt. `reason`: "" for delivered. `retry_after_s`: what the receiver asks for."""

    http_status: int | None
    reason: str = ""
    is_final: bool = True
    retry_after_s: float | None = None


def delivery_record(
    receiver: Receiver,
    alert: AlertRecord,
    position: AlertPosition,
    attempt: int,
    status: DeliveryStatus,
    result: AttemptResult,
    took_s: float,
) -> dict[str, Any]:
    """One record of `alert_deliveries`. Nothing of the receiver's answer but its status is in it."""
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
        "http_status": result.http_status,
        "reason": result.reason,
        "idempotency_key": idempotency_key(alert),
        "duration_ms": int(took_s * 1000),
        "at": time.time_ns() // 1_000_000,
        "alert_topic": position.topic,
        "alert_partition": position.partition,
        "alert_offset": position.offset,
    }
