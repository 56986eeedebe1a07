"""Every answer to a webhook, by status: when it is given, and what the sender should do."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import groupby
from typing import Any, NamedTuple

from connectors.webhook.limits.senders import HOLD_S_MAX
from connectors.webhook.protocol import CHUNK_BYTES_MIN, CHUNKS_MAX, HEAD_BYTES_MAX, HEADERS_MAX
from connectors.webhook.replies import EVERY, PROBED, Reply
from streams.events import probe
from streams.ops.settings import Settings


class Words(NamedTuple):
    """`when` and `sender`: sentences without a full stop."""

    when: str
    sender: str


_LATER = "Come again after `Retry-After`; Junction does so by itself"
_SCHEDULE = "Junction comes again by its schedule, which is long enough to put it right"
# By outcome, the label of `junction_gateway_requests_total`.
WORDS: Mapping[str, Words] = {
    "accepted": Words("Every in-sync replica of Kafka has the event", "Nothing more"),
    "dead_letter": Words(
        "The signature is right, and the body names no event: it is kept as a dead letter",
        "Nothing more; the same body would be kept once more",
    ),
    "probe": Words(
        "A probe of ours: its id begins with `probe_`, its type is `junction_streams.probe`, and both are signed as of "
        "any event. It is stored nowhere, counts as no use of a secret, and is answered while Kafka is away, too",
        "Read the headers: they say which gateway this is",
    ),
    "refused": Words(
        "No right signature: its headers are missing, malformed, there twice or too far from now, or no secret of the "
        "endpoint fits. An endpoint that there is not is answered alike. Of many from one address each is held "
        f"back for up to {HOLD_S_MAX:g} s",
        f"Check URL, secret and clock. {_SCHEDULE}",
    ),
    "not_allowed": Words(
        "The address is in none of the networks of `STREAMS_GATEWAY_ALLOWED_NETWORKS`",
        f"Add the sender's networks, or those of the proxy to `STREAMS_TRUSTED_PROXIES`. {_SCHEDULE}",
    ),
    "not_found": Words("Any other path", "Set the URL right: `/webhooks/` and the name of an endpoint"),
    "not_post": Words("Any other method", "POST"),
    "too_large": Words(
        "The body is longer than `STREAMS_BODY_BYTES_MAX`, by its Content-Length or by what has arrived",
        f"Raise the setting, and `STREAMS_RECORD_BYTES_MAX` with it. {_SCHEDULE}",
    ),
    "too_slow": Words("The body does not arrive in time", "Come again; look at the way in between"),
    "gone": Words("The sender left before its body was whole, so nobody reads this", "Come again"),
    "busy": Words("The bodies under way hold all the memory that they may", _LATER),
    "overload": Words(
        "Kafka is slower than the senders. Timeseries are refused first, then summaries; connections, labs and "
        "historical notices last",
        _LATER,
    ),
    "unavailable": Words(
        "Kafka has not confirmed the event within `STREAMS_PUBLISH_TIMEOUT_S`, does not answer, or the gateway is "
        "stopping; it may be there",
        _LATER,
    ),
    "error": Words("An error of ours, which the log names", _LATER),
}


def responses(settings: Settings) -> dict[str, Any]:
    """Every response of the route. `settings`: for what a 503 says."""
    by_status = groupby(sorted(EVERY, key=lambda reply: reply.status), key=lambda reply: reply.status)
    made = {str(status): _response(list(replies), settings) for status, replies in by_status}
    for status, response in _of_the_server():
        known = made.setdefault(status, response)
        if known is not response:
            known["description"] += f"\n{response['description']}"
    return dict(sorted(made.items()))


def _response(replies: list[Reply], settings: Settings) -> dict[str, Any]:
    response: dict[str, Any] = {"description": "\n".join(dict.fromkeys(map(_told, replies)))}
    if headers := dict(_headers(replies, settings)):
        response["headers"] = headers
    if bodies := sorted({reply.body.decode() for reply in replies if reply.body}):
        response["content"] = {"text/plain": {"schema": {"type": "string", "enum": bodies}}}
    return response


def _told(reply: Reply) -> str:
    when, sender = WORDS[reply.outcome]
    return f"* `{reply.outcome}`: {when}. *Sender*: {sender}."


def _headers(replies: list[Reply], settings: Settings) -> Iterator[tuple[str, Any]]:
    if any(reply.is_retry_welcome for reply in replies):
        yield (
            "Retry-After",
            {
                "description": "Seconds to wait: `STREAMS_RETRY_AFTER_S`.",
                "required": all(reply.is_retry_welcome for reply in replies),
                "schema": {"type": "integer", "minimum": 1, "default": settings.retry_after_s},
            },
        )
    if any(reply.is_last for reply in replies):
        yield "Connection", _CLOSE | {"required": all(reply.is_last for reply in replies)}
    if PROBED in replies:
        yield from _of_a_probe()
    if replies[0].status == HTTPStatus.METHOD_NOT_ALLOWED:
        yield "Allow", {"required": True, "schema": {"const": "POST"}}


def _of_a_probe() -> Iterator[tuple[str, Any]]:
    """The headers of what a probe is answered."""
    said: dict[str, tuple[str, dict[str, Any]]] = {
        probe.H_INSTANCE: ("Host and process that answered", {"pattern": "^[!-~]+/[0-9]+$"}),
        probe.H_PROCESSES: ("How many processes share the port", {"pattern": "^[1-9][0-9]*$"}),
        probe.H_PROGRAM: ("Version of junction-streams", {"type": "string"}),
        probe.H_CLOCK: ("The gateway's clock, Unix milliseconds", {"pattern": "^[0-9]+$"}),
        probe.H_SECRETS: (
            "Fingerprints of the live secrets of this endpoint in this process, the newest first",
            {"pattern": f"^{_PRINT}(,{_PRINT})*$"},
        ),
        probe.H_USES: (
            "Of each of them: deliveries that it verified in this process, when the last one, and since when they are "
            "counted (Unix seconds, 0.000 for never)",
            {"pattern": f"^{_USE}(,{_USE})*$"},
        ),
        probe.H_SECRET: ("Fingerprint of the secret that has signed the probe", {"pattern": f"^{_PRINT}$"}),
        probe.H_READY: (
            f"Whether a delivery would be stored now: `{probe.NO}` while Kafka is away, or the gateway stops",
            {"enum": [probe.YES, probe.NO]},
        ),
    }
    for name, (when, schema) in said.items():
        described = f"{when}. Of a probe alone."
        yield name.title(), {"description": described, "required": False, "schema": {"type": "string"} | schema}


_PRINT = "[0-9a-f]{8}"
_USE = r"[0-9]+/[0-9]+\.[0-9]{3}/[0-9]+\.[0-9]{3}"
_CLOSE = {
    "description": "The connection ends with this answer: what is left of the body is not read.",
    "schema": {"const": "close"},
}


def _of_the_server() -> Iterator[tuple[str, Any]]:
    """What is answered before the door sees a request. There is no body, and the connection ends."""
    said = {
        HTTPStatus.BAD_REQUEST: "What is no HTTP, or a form of it that servers read differently",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"More than {CHUNKS_MAX:,} chunks of less than {CHUNK_BYTES_MIN:,} bytes "
        "on average; this answer has no text",
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: f"A head of more than {HEAD_BYTES_MAX:,} bytes, "
        f"or more than {HEADERS_MAX:,} headers",
    }
    for status, when in said.items():
        description = f"* {when}. *Sender*: no sender of ours sends this; look at what is in between."
        yield str(status.value), {"description": description, "headers": {"Connection": _CLOSE | {"required": True}}}
