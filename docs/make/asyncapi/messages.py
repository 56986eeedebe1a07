"""One message for each shape of a record: what its key, its value and its headers are."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from docs.make.asyncapi import headers
from docs.make.catalogue import key_of
from docs.make.catalogue.examples import examples
from streams.alerts.lives import Threshold
from streams.events import topics
from streams.events.schemas.schema_files import SCHEMAS, schema_text
from streams.events.topics import Role, Topic
from streams.letters.topic_reader import RedriveMark
from streams.tables.history import JobProgress, Outage, Request

BINDING_VERSION = "0.5.0"
_AVRO = "application/vnd.apache.avro+json;version=1.9.0"  # the one that AsyncAPI's own schema and parsers know
_JSON, _BYTES = "application/json", "application/octet-stream"
_REF = "#/components/schemas/{name}"
_STRUCTS = (Request, JobProgress, Outage, Threshold, RedriveMark)
_JOB_KEY = "`user_id:provider:resource`, of one workout's stream with `:workout_id` behind it"

EVENT, LETTER, BEAT, ROW = "Event", "DeadLetter", "Heartbeat", "Row"
TRACE = "Trace"  # the headers of what is made of an event
# Of topics whose values are no Avro.
_BY_TOPIC: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(topics.RAW, (EVENT,)),
    topics.DEAD_LETTERS: (LETTER,),
    topics.HEARTBEATS: (BEAT,),
    topics.REDRIVEN: (RedriveMark.__name__,),
    topics.FETCH_JOBS: (Request.__name__,),
    topics.FETCH_PROGRESS: (JobProgress.__name__, Outage.__name__),
    topics.ALERT_THRESHOLDS: (Threshold.__name__,),
}


def names_of(topic: Topic, short: str) -> tuple[str, ...]:
    """The messages of a topic; `short`: its name without the prefix."""
    if topic.schema:
        return (topic.schema,)
    return (ROW,) if topic.role is Role.CHANGELOG else _BY_TOPIC[short]


def messages() -> dict[str, dict[str, Any]]:
    """Every message by its name."""
    return dict([*_of_our_doors(), *_between_processes(), *map(_avro, SCHEMAS)])


def schemas() -> dict[str, Any]:
    """The Avro schemas, each whole, and the JSON schemas of headers and of records between processes."""
    avro = {name: {"schemaFormat": _AVRO, "schema": json.loads(schema_text(name))} for name in SCHEMAS}
    _, structs = msgspec.json.schema_components(_STRUCTS, ref_template=_REF)
    trace = {TRACE: headers.schema(headers.OF_MADE, ())}
    return trace | {name: _on_one_line(schema) for name, schema in structs.items()} | avro


def _on_one_line(schema: dict[str, Any]) -> dict[str, Any]:
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    return schema


def _avro(name: str) -> tuple[str, dict[str, Any]]:
    used = [topic for topic, schema in topics.avro_topics().items() if schema == name]
    key: dict[str, Any] = {"type": "string", "description": f"`{key_of(used[0])}`"}
    shown = next((examples()[topic].key for topic in used if topic in examples()), None)
    if shown:
        key["examples"] = [shown]
    return name, {
        "name": name,
        "summary": json.loads(schema_text(name))["doc"],
        "contentType": "avro/binary",
        "headers": {"$ref": _REF.format(name=TRACE)},
        "payload": {"$ref": _REF.format(name=name)},
        "description": f"Its fields in words, and a record: [catalogue.md](catalogue.md#{name.lower()}).",
        "bindings": {
            "kafka": {
                "key": key,
                "schemaIdLocation": "payload",
                "schemaIdPayloadEncoding": "confluent",
                "schemaLookupStrategy": "TopicNameStrategy",
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _of_our_doors() -> Iterator[tuple[str, dict[str, Any]]]:
    event = {
        "description": "What Junction sent, byte for byte; JSON, but for bodies that the door could not read.",
        "externalDocs": {"url": "https://docs.junction.com/webhooks/event-structure"},
    }
    yield EVENT, _plain(
        EVENT, "An event of Junction as it came.", _JSON, "`user_id:resource`; without a user the team's id", event,
        headers.schema(headers.OF_RAW, headers.ALWAYS_RAW),
    )  # fmt: skip
    yield LETTER, _plain(
        LETTER, "An event that can never be processed, as it came, with the reason in its headers.", _JSON,
        "As the event's; of a body that nobody can read the id of its delivery", event,
        headers.schema(headers.OF_DEAD, headers.ALWAYS_DEAD),
    )  # fmt: skip


def _between_processes() -> Iterator[tuple[str, dict[str, Any]]]:
    yield BEAT, _plain(
        BEAT, "A gateway has accepted deliveries within the last minute; the record's time says when.", _BYTES,
        "`gateway`", {"type": "string", "maxLength": 0},
    )  # fmt: skip
    yield ROW, _plain(
        ROW, "A row of a table, as its process wrote it; a tombstone where it was deleted.", _BYTES,
        "Private bytes", {"description": "Private bytes: their form may change with each version."},
    )  # fmt: skip
    keys = {
        Request: _JOB_KEY,
        JobProgress: _JOB_KEY,
        Outage: "`outage`",
        Threshold: "`user_id:rule`, with an empty rule for the time zone; a tombstone takes it back",
        RedriveMark: "The dead letter, as `partition:offset`",
    }
    said = {
        Request: "What to fetch of whom.",
        JobProgress: "How far a request is.",
        Outage: "How long no gateway was reachable.",
        Threshold: "A user's own bounds for a rule, or time zone. Other programs may write it.",
        RedriveMark: "That a dead letter was put back.",
    }
    for struct in _STRUCTS:
        name = struct.__name__
        yield name, _plain(name, said[struct], _JSON, keys[struct], {"$ref": _REF.format(name=name)})


def _plain(
    name: str, summary: str, content_type: str, key: str, payload: dict[str, Any], of: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A message whose value needs no registry. `of`: the schema of its headers."""
    message: dict[str, Any] = {"name": name, "summary": summary, "contentType": content_type}
    if of:
        message["headers"] = of
    key_schema = {"type": "string", "description": key}
    return message | {
        "payload": payload,
        "bindings": {"kafka": {"key": key_schema, "bindingVersion": BINDING_VERSION}},
    }
