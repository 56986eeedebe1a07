"""docs/asyncapi.yaml as a document: for the default settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.make import yaml_page
from docs.make.asyncapi.channels import channel
from docs.make.asyncapi.messages import messages, names_of, schemas
from streams import __version__
from streams.events.parts import USES, Part, Use, changelogs
from streams.events.topics import Role, Topic
from streams.kafka import admin
from streams.ops.settings import Settings

PATH = Path(__file__).resolve().parents[2] / "asyncapi.yaml"

_ABOUT = """Every topic of junction-streams: events of Junction as they came, and clean records made of them.

Names, partitions, copies and times are those of the default settings: `STREAMS_TOPIC_PREFIX`, `STREAMS_GROUP_ID`,
`STREAMS_PARTITIONS`, `STREAMS_REPLICATION`, `STREAMS_RAW_RETENTION_DAYS` and their neighbours change them, and
`junction-streams topics plan` says what holds with yours.

Read with `isolation.level=read_committed`. All records of a user lie in one partition, the same number in every topic,
and records of one key are in order. Clean records are Avro in the Confluent wire format; the schema of a topic is the
subject `<topic>-value` of the registry. What a record means, and how to count: [catalogue](catalogue.md).

Channels with `x-internal` are between our own processes; their form may change with each version.
"""
_ROLES = {
    Role.RAW: "Events as they came",
    Role.QUEUE: "Between our own processes",
    Role.STATE: "The newest record of a key is the truth",
    Role.DEAD: "What can never be processed",
    Role.MARK: "Which dead letter went back",
    Role.CLEAN: "Records for you",
    Role.LINEAGE: "What became of each event",
    Role.CHANGELOG: "Tables of our own processes",
}
# Readers alone are for you to add.
_WRITERS = {part: use for part, use in USES.items() if use.sends}


def render() -> str:
    """The page."""
    return yaml_page.text(document(), "streams/events/topics.py, avro/ and docs/make/asyncapi")


def document() -> dict[str, Any]:
    """The whole document."""
    settings = Settings.model_construct()
    by_short = {_short(topic, settings): topic for topic in admin.layout_of(settings)}
    return {
        "asyncapi": "3.0.0",  # 3.1 adds nothing for Kafka, and fewer tools read it
        "info": _info(),
        "servers": {"local": _server()},
        "defaultContentType": "avro/binary",
        "channels": {short: channel(topic, short) for short, topic in by_short.items()},
        "operations": dict(_operations(by_short, settings.group_id)),
        "components": {"messages": messages(), "schemas": schemas()},
    }


def _short(topic: Topic, settings: Settings) -> str:
    return topic.name.removeprefix(f"{settings.topic_prefix}.")


def _info() -> dict[str, Any]:
    roles = [{"name": str(role), "description": said} for role, said in _ROLES.items()]
    processes = [{"name": str(part), "description": use.does} for part, use in _WRITERS.items()]
    return {
        "title": "junction-streams: topics",
        "version": __version__,
        "description": _ABOUT,
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        "tags": roles + processes,
    }


def _server() -> dict[str, Any]:
    return {
        "host": "127.0.0.1:9092",
        "protocol": "kafka",
        "description": "As docker-compose.yml publishes it. Yours are `STREAMS_BOOTSTRAP_SERVERS` and "
        "`STREAMS_REGISTRY_URL`.",
        "bindings": {
            "kafka": {
                "schemaRegistryUrl": "http://127.0.0.1:8081/apis/ccompat/v7",
                "schemaRegistryVendor": "apicurio",
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations(by_short: dict[str, Topic], group_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for part, use in _WRITERS.items():
        tables = tuple(changelogs(part, group_id))
        for action, shorts in (("send", use.sends + tables), ("receive", use.receives + tables)):
            for short in shorts:
                yield f"{part}.{action}.{short}", _operation(part, use, action, short, by_short[short], group_id)


def _operation(part: Part, use: Use, action: str, short: str, topic: Topic, group_id: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{short}"},
        "messages": [{"$ref": f"#/channels/{short}/messages/{name}"} for name in names_of(topic, short)],
        "tags": [{"name": str(part)}],
    }
    if action == "receive" and use.group is not None and topic.role is not Role.CHANGELOG:
        group = {"type": "string", "description": f"`{group_id}{use.group}`"}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": "0.5.0"}}
    return operation
