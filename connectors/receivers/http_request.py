"""What is sent to a receiver: URL, headers, bytes. Pure; the time is an argument.

Webhooks are signed as Svix does, so that any Svix or Standard Webhooks library verifies them. Alertmanager is called by
its v2 API.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from svix.webhooks import Webhook

from connectors.receivers.receiver import Receiver, ReceiverKind

OPEN_FOR = timedelta(days=30)  # Alertmanager closes an alert at `endsAt`, and we send an open one only once
_AGENT = "junction-streams"


class ReceiverRequest(NamedTuple):
    url: str
    headers: dict[str, str]
    body: bytes


def idempotency_key(alert: Mapping[str, Any]) -> str:
    """The same for every attempt and receiver: one transition of one alert."""
    return f"{alert['id']}-{alert['revision']}"


def build_request(receiver: Receiver, alert: Mapping[str, Any], now: datetime) -> ReceiverRequest:
    """The request for one alert, a decoded record of `junction.alerts`. It holds secrets: not for the log."""
    build = _webhook if receiver.kind is ReceiverKind.WEBHOOK else _alertmanager
    return build(receiver, alert, now)


def _webhook(receiver: Receiver, alert: Mapping[str, Any], now: datetime) -> ReceiverRequest:
    body = msgspec.json.encode(
        {"type": f"alert.{alert['life']}", "timestamp": _text(alert["at"]), "data": _plain(alert)}, order="sorted"
    )
    id = f"alert_{idempotency_key(alert)}"
    signature = Webhook(receiver.secret.get_secret_value()).sign(id, now, body.decode())
    headers = {
        "svix-id": id,
        "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": signature,
        "webhook-id": id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
        "idempotency-key": idempotency_key(alert),
    }
    return ReceiverRequest(receiver.url, _headers(receiver) | headers, body)


def _alertmanager(receiver: Receiver, alert: Mapping[str, Any], now: datetime) -> ReceiverRequest:
    is_over = alert["life"] == "resolved"
    labels = {
        "alertname": alert["rule"],
        "severity": alert["severity"],
        "alert_id": alert["id"],
        "resource": alert["resource"],
        "service": _AGENT,
    }
    annotations = {
        "summary": alert["summary"],
        "user_id": alert["user_id"],
        "client_user_id": alert["client_user_id"] or "",
        "subject": alert["subject"],
        "link": alert["link"] or "",
        "resolution": alert["resolution"] or "",
    }
    body = {
        "labels": labels,
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": _text(alert["opened_at"]),
        "endsAt": _text(now if is_over else now + OPEN_FOR),
    }
    url = receiver.url.rstrip("/")
    url = url if url.endswith("/api/v2/alerts") else f"{url}/api/v2/alerts"
    return ReceiverRequest(url, _headers(receiver), msgspec.json.encode([body], order="sorted"))


def _headers(receiver: Receiver) -> dict[str, str]:
    token = receiver.token.get_secret_value()
    return {
        "content-type": "application/json",
        "user-agent": _AGENT,
        **({"authorization": f"Bearer {token}"} if token else {}),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _text(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
