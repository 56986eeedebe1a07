"""docs/openapi.yaml: OpenAPI's own schema accepts it, and it says what the gateway answers today."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from prometheus_client import CollectorRegistry

from connectors.webhook import protocol
from connectors.webhook.admin import Views, admin_app
from connectors.webhook.replies import EVERY, OUTCOMES, Reply, messages
from docs.make import openapi
from docs.make.openapi import replies, webhook
from streams.events import signature
from streams.ops.errors import SignatureError

SCHEMA = json.loads((Path(__file__).parents[1] / "data/openapi-3.1.json").read_text(encoding="utf-8"))
PAGE: dict[str, Any] = yaml.load(openapi.PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
POST = PAGE["paths"][webhook.ROUTE]["post"]


def wrong(document: dict[str, Any]) -> list[tuple[list[Any], str]]:
    """Where OpenAPI's schema does not accept a document, and why."""
    errors = jsonschema.validators.validator_for(SCHEMA)(SCHEMA).iter_errors(document)
    return [(list(error.absolute_path), error.message) for error in errors]


def json_schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every JSON schema of the page, which OpenAPI's own schema does not look into."""
    if isinstance(node, dict):
        if isinstance(node.get("schema"), dict):
            yield node["schema"]
        yield from (found for child in node.values() for found in json_schemas(child))
    elif isinstance(node, list):
        yield from (found for child in node for found in json_schemas(child))


def test_the_page_is_current() -> None:
    """`make docs` would write the page that is there."""
    assert openapi.PATH.read_text(encoding="utf-8") == openapi.render()


def test_the_page_is_openapi() -> None:
    """The official schema accepts it, and JSON schema's own the schemas in it."""
    assert wrong(PAGE) == []
    for schema in (*json_schemas(PAGE), *PAGE["components"]["schemas"].values()):
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_schema_would_refuse() -> None:
    """The check above looks that deep."""
    document = openapi.document()
    document["paths"][webhook.ROUTE]["post"]["responses"]["503"]["headers"]["Retry-After"]["in"] = "header"
    assert wrong(document)


def test_every_outcome_is_explained() -> None:
    """When it comes about, and what the sender should do; none that there is not."""
    assert set(replies.WORDS) == set(OUTCOMES)
    told = "".join(response["description"] for response in POST["responses"].values())
    assert all(f"`{outcome}`" in told for outcome in OUTCOMES)


@pytest.mark.parametrize("reply", EVERY, ids=lambda reply: reply.outcome)
def test_a_reply_is_as_the_page_says(reply: Reply) -> None:
    """Status, headers and text that are sent are those of the page; headers that it says are always there are."""
    start, body = messages(reply, 30)
    response = POST["responses"][str(start["status"])]
    sent = {name.decode().title(): value.decode() for name, value in start["headers"]}
    said = response.get("headers", {})
    assert {name for name, header in said.items() if header["required"]} <= set(sent)
    assert set(sent) - {"Content-Type", "Content-Length"} <= set(said)
    for name in set(sent) & set(said):
        value: Any = int(sent[name]) if said[name]["schema"].get("type") == "integer" else sent[name]
        jsonschema.validate(value, said[name]["schema"])
    if body["body"]:
        jsonschema.validate(body["body"].decode(), response["content"][sent["Content-Type"]]["schema"])


def test_what_the_server_refuses_by_itself_is_told() -> None:
    """Each status that is answered before the door sees a request."""
    source = Path(protocol.__file__).read_text(encoding="utf-8")
    statuses = set(re.findall(r"(?:_refuse\(|_status = )(\d{3})", source))
    assert statuses
    assert all("look at what is in between" in POST["responses"][status]["description"] for status in statuses)


async def _nothing() -> Any:
    return ""


def test_the_admin_routes_are_those_of_the_listener() -> None:
    """Each route has its path, on the other server."""
    app = admin_app(Views(_nothing, _nothing, _nothing, CollectorRegistry()), "127.0.0.1", None)
    paths = {path for path in PAGE["paths"] if path != webhook.ROUTE}
    assert {getattr(route, "path", "") for route in app.routes} == paths
    assert all(PAGE["paths"][path]["servers"] != PAGE["servers"] for path in paths)


IDS = ["msg_2yZp8Q0exampleQ1w2E3r4T5y6U", "a.b", "x" * 257, "", "a b", "ä", "~", "a\n"]


@pytest.mark.parametrize("id", IDS)
def test_the_pattern_of_an_id_is_the_doors(id: str) -> None:
    """What the page's pattern refuses the door refuses too, and the other way round."""
    (schema,) = (one["schema"] for one in POST["parameters"] if one["name"] == "svix-id")
    rows = [("svix-id", id), ("svix-timestamp", "1000"), ("svix-signature", "v1,x")]
    try:
        signature.read_claim(rows, now_s=1000, tolerance_s=1)
        is_taken = True
    except SignatureError:
        is_taken = False
    assert bool(re.search(schema["pattern"].removesuffix("$") + r"\Z", id)) == is_taken
