"""The route that strangers reach: its headers and its body."""

from collections.abc import Iterator
from typing import Any

from connectors.webhook import endpoints, trace
from docs.make.openapi import replies
from streams.events import signature
from streams.ops.settings import Settings

ROUTE = "/webhooks/{endpoint}"
_EVENT = {
    "event_type": "daily.data.sleep.created",
    "user_id": "f20e9b1c-1f9d-4c0b-9bd7-6b4e1c9a8f11",
    "client_user_id": "patient-17",
    "team_id": "0b0c1d2e-3f40-4a5b-8c6d-7e8f90a1b2c3",
    "data": {"id": "5d1f1a52-44a0-4f5e-8f6b-9f0f6d8f2c11", "source": {"provider": "oura", "type": "ring"}},
}
_SETS = {"svix": "Svix, as Junction sends it", "webhook": "Standard Webhooks, as white-label senders do"}
_SIGNATURE: dict[str, tuple[str, dict[str, Any]]] = {
    "id": (
        "Id of the message, the same on every retry and resend.",
        {"pattern": signature._ID.pattern},
    ),
    "timestamp": (
        "Unix seconds of this attempt, at most `STREAMS_SIGNATURE_TOLERANCE_S` from now.",
        {"pattern": signature._TIMESTAMP.pattern},
    ),
    "signature": (
        "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, or `v1a,` and Ed25519; several with a blank "
        f"between them, at most {signature._SIGNATURES_MAX}.",
        {"maxLength": signature._SIGNATURE_CHARS_MAX},
    ),
}


def path_item(settings: Settings) -> dict[str, Any]:
    """The path item of `ROUTE`."""
    return {
        "post": {
            "operationId": "receiveEvent",
            "summary": "One event of Junction",
            "description": _ABOUT,
            "externalDocs": {"url": "https://docs.junction.com/webhooks/introduction"},
            "parameters": [_endpoint(), *_of_signatures(), *_of_traces(), _FORWARDED],
            "requestBody": _body(settings),
            "responses": replies.responses(settings),
        }
    }


_ABOUT = """2xx is given only after every in-sync replica of Kafka has the event, and never later than 15 s after the
request. One whole set of signature headers is needed, `svix-` or `webhook-`; each name once. Without a right signature
nobody can tell an endpoint that there is from one that there is not. A slash at the end of the path is the same.
"""


def _endpoint() -> dict[str, Any]:
    return {
        "name": "endpoint",
        "in": "path",
        "required": True,
        "description": "A name of `STREAMS_ENDPOINTS`.",
        "schema": {"type": "string", "pattern": _whole(endpoints._NAME.pattern), "examples": ["junction"]},
    }


def _of_signatures() -> Iterator[dict[str, Any]]:
    for sender, who in _SETS.items():
        for name, (said, bounds) in _SIGNATURE.items():
            rules = {rule: _whole(bound) if rule == "pattern" else bound for rule, bound in bounds.items()}
            yield _header(f"{sender}-{name}", f"{said} {who}.", rules)


def _of_traces() -> Iterator[dict[str, Any]]:
    yield _header(
        "traceparent", "W3C Trace Context; goes on to Kafka. What is none is left out.", {"examples": [_TRACE]}
    )
    yield _header(
        "tracestate", f"Goes on beside a valid `traceparent`, up to {trace.STATE_CHARS_MAX} characters and "
        f"{trace.MEMBERS_MAX} members; a longer one is left out whole.", {},
    )  # fmt: skip


_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def _header(name: str, description: str, rules: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"} | rules}


_FORWARDED = _header(
    "x-forwarded-for", "Who a proxy was called by. Counts only from the networks of `STREAMS_TRUSTED_PROXIES`.", {}
)


def _whole(pattern: str) -> str:
    """A pattern that Python matches whole, as JSON schema has it: `\\Z` is Python's alone."""
    return f"^(?:{pattern.replace(chr(92) + 'Z', '$')})$"


def _body(settings: Settings) -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/Event"}
    return {
        "required": True,
        "description": f"Up to `STREAMS_BODY_BYTES_MAX` ({settings.body_bytes_max:,} bytes), not compressed. Stored "
        "byte for byte; Content-Type is not looked at.",
        "content": {"application/json": {"schema": event, "examples": {"sleep": {"value": _EVENT}}}},
    }


EVENT = {
    "description": "An event as Junction documents it. Whatever is signed is taken: an unknown type and unknown fields "
    "are kept, and a body that names no event is a dead letter.",
    "externalDocs": {"url": "https://docs.junction.com/webhooks/event-structure"},
    "type": "object",
    "properties": {
        "event_type": {"type": "string", "description": "What has happened to what, such as daily.data.sleep.created."},
        "user_id": {"type": "string", "description": "Junction's user. Some events have none."},
        "client_user_id": {"type": "string", "description": "The id that your app gave the user."},
        "team_id": {"type": "string", "description": "Junction's team: one environment and region."},
        "data": {"description": "What the type says."},
    },
}
