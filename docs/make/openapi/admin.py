"""The routes of the admin listener: for probes, Prometheus and operators."""

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from connectors.webhook.secret_use import SecretRow

_READY = {
    "type": "object",
    "properties": {
        "ready": {"type": "boolean"},
        "reason": {"type": "string", "description": "A sentence for operators; empty while it is ready."},
    },
    "required": ["ready", "reason"],
}


def path_items() -> dict[str, dict[str, Any]]:
    """By path."""
    alive = {"type": "object", "properties": {"alive": {"const": True}}, "required": ["alive"]}
    return {
        "/livez": _get("isAlive", "Whether the process lives", {"200": _json("It does.", alive)}),
        "/readyz": _get(
            "isReady",
            "Whether events can be stored now",
            {
                "200": _json("Kafka answers and its topics are as they have to be.", _READY),
                "503": _json("They cannot: webhooks are answered 503 until this is over.", _READY),
            },
        ),
        "/metrics": _get("metrics", "Metrics for Prometheus: see metrics.md", {"200": _METRICS}),
        "/secrets": _get("secrets", "When each signing secret was last used", {"200": _json(_SECRETS, _ROWS)}),
    }


_SECRETS = "A row for each secret. The fingerprint tells nothing of it."
_TYPES = {str: "string", int: "integer", float: "number"}
_ROWS = {
    "type": "array",
    "items": {
        "type": "object",
        "description": " ".join((SecretRow.__doc__ or "").split()),
        "properties": {name: {"type": _TYPES[kind]} for name, kind in SecretRow.__annotations__.items()},
        "required": list(SecretRow._fields),
    },
}
_METRICS = {"description": "All of this gateway.", "content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}}}}
_WRONG_HOST = {
    "description": "The Host header is no name of this machine, while the listener is on loopback: a page in a browser "
    "could name any host.",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}


def _get(operation: str, summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    every = dict(sorted((responses | {"400": _WRONG_HOST}).items()))
    return {"get": {"operationId": operation, "summary": summary, "responses": every}}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
