"""docs/asyncapi.yaml: AsyncAPI's own schema accepts it, and it says what the code says today."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from docs.make import asyncapi
from docs.make.asyncapi import headers
from streams.events import headers as names
from streams.events import topics
from streams.events.headers import Delivery, Origin
from streams.events.intake import record_of
from streams.kafka import admin
from streams.ops.settings import Settings

SCHEMA = json.loads((Path(__file__).parents[1] / "data/asyncapi-3.0.0.json").read_text(encoding="utf-8"))
PAGE: dict[str, Any] = yaml.load(asyncapi.PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
CHANNELS, MESSAGES = PAGE["channels"], PAGE["components"]["messages"]


def wrong(document: dict[str, Any]) -> list[tuple[list[Any], str]]:
    """Where AsyncAPI's schema does not accept a document, and why."""
    errors = jsonschema.validators.validator_for(SCHEMA)(SCHEMA).iter_errors(document)
    return [(list(error.absolute_path), error.message) for error in errors]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


def test_the_page_is_current() -> None:
    """`make docs` would write the page that is there."""
    assert asyncapi.PATH.read_text(encoding="utf-8") == asyncapi.render()


def test_the_page_is_asyncapi() -> None:
    """The official schema accepts it, with the Avro schemas and Kafka's bindings in it."""
    assert wrong(PAGE) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("channels", "sleep", "bindings", "kafka", "partitions"), 0),
        (("channels", "sleep", "address"), 1),
        (("operations", "worker.send.sleep", "action"), "write"),
        (("components", "schemas", "Sleep", "schema", "type"), "no type of Avro"),
    ],
)
def test_the_schema_would_refuse(place: tuple[str, ...], value: Any) -> None:
    """The check above looks that deep."""
    document = node = asyncapi.document()
    for name in place[:-1]:
        node = node[name]
    node[place[-1]] = value
    assert wrong(document)


def test_references_lead_somewhere_and_addresses_are_whole() -> None:
    """A `$ref` within the page has its target; what has to be a URI is one, which the schema's `format` leaves open."""
    for node in nodes(PAGE):
        if "$ref" in node:
            target = PAGE
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name]
        if "externalDocs" in node:
            assert node["externalDocs"]["url"].startswith("https://")


def test_every_topic_is_a_channel() -> None:
    """One for each topic of the layout, with all of Kafka's settings of it."""
    layout = {topic.name: topic for topic in admin.layout_of(Settings.model_construct())}
    assert {channel["address"] for channel in CHANNELS.values()} == set(layout)
    for channel in CHANNELS.values():
        kafka, topic = channel["bindings"]["kafka"], layout[channel["address"]]
        assert (kafka["partitions"], kafka["replicas"]) == (topic.partitions, topic.replication)
        said = {k: ",".join(v) if isinstance(v, list) else str(v) for k, v in kafka["topicConfiguration"].items()}
        assert said == topic.config


def test_every_topic_has_a_writer_and_names_what_it_holds() -> None:
    """A channel that nobody sends to is left over; each has messages, each message is on a channel."""
    sent = {op["channel"]["$ref"].rpartition("/")[2] for op in PAGE["operations"].values() if op["action"] == "send"}
    assert sent == set(CHANNELS)
    assert {name for channel in CHANNELS.values() for name in channel["messages"]} == set(MESSAGES)


DELIVERY = Delivery(
    id="msg_1", door="webhook", endpoint="junction", created_at="2026-05-31T10:00:00Z",
    received_at="2026-05-31T10:00:01Z", origin=Origin.HISTORICAL, backfill_id="bf_1", traceparent="00-1-2-01",
    tracestate="a=b", signature=(("svix-id", "a"), ("svix-timestamp", "1"), ("svix-signature", "v1,x")),
)  # fmt: skip
EVENT = b'{"event_type":"daily.data.sleep.created","user_id":"u1","team_id":"t1","data":{}}'


@pytest.mark.parametrize(("body", "message"), [(EVENT, "Event"), (b"no JSON", "DeadLetter")])
def test_headers_of_a_stored_record_are_documented(body: bytes, message: str) -> None:
    """What the door writes is explained, and what is said to be always there is."""
    said = MESSAGES[message]["headers"]
    written = {name for name, _ in record_of(body, DELIVERY).headers}
    assert set(said["required"]) <= written <= set(said["properties"])
    if message == "Event":
        assert set(said["properties"]) - written == {names.H_REDRIVEN_FROM}


def test_every_header_of_the_product_is_explained() -> None:
    """Each constant of `streams.events.headers` has its sentence, and is on some record."""
    constants = {value for name, value in vars(names).items() if name.startswith("H_")}
    assert constants <= set(headers.MEANINGS)
    assert set(headers.MEANINGS) == set(headers.OF_DEAD)


def test_what_is_internal_is_marked() -> None:
    """Raw events, dead letters, clean records, states and users' own bounds are for others; nothing else is."""
    internal = {name for name, channel in CHANNELS.items() if channel.get("x-internal")}
    own = {topics.FETCH_JOBS, topics.FETCH_PROGRESS, topics.REDRIVEN, topics.HEARTBEATS}
    assert internal == own | {name for name in CHANNELS if name.endswith("-changelog")}
