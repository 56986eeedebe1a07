"""The routes of the admin listener: for probes, Prometheus and operators."""

import copy
import json
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST

from connectors.webhook.secret_use import SecretRow
from streams.status import refused_page
from streams.status.refused_page import LIMIT, LIMIT_MAX, RefusedPage

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
        refused_page.PATH: _refused(),
    }


def schemas() -> dict[str, Any]:
    """The schemas that the routes name, as they stand in the document."""
    _, found = msgspec.json.schema_components([RefusedPage], ref_template=f"{_REF}{{name}}")
    for schema in found.values():
        schema["description"] = " ".join(schema["description"].split())
    # JSON schema has another sign for the end of a text than Python.
    plain: dict[str, Any] = json.loads(json.dumps(found).replace(r"\\Z", "$"))
    return plain


def _refused() -> dict[str, Any]:
    said = {
        "401": _json("`STREAMS_QUERY_TOKEN` is set, and this is not it.", _ERROR),
        "403": _json("Others reach the listener, and there is no token.", _ERROR),
        "421": _json("There is no token, and the Host header is no name of this machine.", _ERROR),
        "200": _json(_REFUSED, {"$ref": f"{_REF}{RefusedPage.__name__}"}),
    }
    item = _get("refused", "The last requests that were not answered 2xx", said)
    item["get"]["parameters"] = [
        _asked("id", "Of this message id alone; of a longer one the first 64 characters count.", {"type": "string"}),
        _asked("since_ms", "Not before: Unix milliseconds.", {"type": "integer", "minimum": 0}),
        _asked("until_ms", "Before: Unix milliseconds; 0 for no end.", {"type": "integer", "minimum": 0}),
        _asked("limit", "Most rows.", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT}),
    ]
    item["get"]["security"] = [{TOKEN: []}, {}]
    item["get"]["responses"]["400"]["description"] += " Or a parameter is none that there is."
    item["get"]["responses"]["400"]["content"] |= _json("", _ERROR)["content"]
    return item


def _asked(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


TOKEN = "queryToken"  # noqa: S105  # because it is the name of a scheme
_REF = "#/components/schemas/"
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_REFUSED = """Of the last 10,000 of each process, in memory, those that are asked for, the newest first. Nothing of a
body, and of the headers the message id alone. A restart forgets them: `remembers_since_ms`."""
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
    every = dict(sorted((responses | {"400": copy.deepcopy(_WRONG_HOST)}).items()))
    return {"get": {"operationId": operation, "summary": summary, "responses": every}}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
