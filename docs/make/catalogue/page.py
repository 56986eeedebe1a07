"""docs/catalogue.md as text: topics, then schemas with their fields and a record each."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.make.catalogue.examples import Example, examples, shown
from docs.make.catalogue.words import ABOUT, INTRO
from streams.events import resources, topics
from streams.events.resources import Kind, Resource
from streams.events.schemas import schema_files

PATH = Path(__file__).resolve().parents[2] / "catalogue.md"
_HEAD_FIELDS = 13  # what data records begin with
_WITHOUT_HEAD = ("Connection", "Backfill", "Drift", "Reconciliation", "Alert", "AlertDelivery", "Lineage")
_SMALL = ("Source", "Delivery", "Version", "ConnectionContext", "Counts")
_ENTRIES = ("Evidence", "Food", "Dated", "DatedText", "DatedNumber", "DatedFlag")
# Of topics that are no resource.
_KEYS = {
    topics.CONNECTIONS: "user_id:provider",
    topics.BACKFILLS: "user_id:provider:resource",
    topics.DEVICES: "user_id:id",
    topics.LABS: "user_id:order_id; without an order user_id:id; without a user the team's id stands in",
    topics.QUERY_RESULTS: "user_id:query_id",
    topics.RECONCILIATIONS: "user_id:provider:resource",
    topics.PREFERENCES: "user_id:resource:hour, the hour in UTC as 2026-05-31T10",
    topics.DRIFT: "kind:scope path found",
    topics.ALERTS: "user_id:rule",
    topics.ALERT_DELIVERIES: "user_id:alert_id",
    topics.LINEAGE: "none",
    topics.OTHER: "user_id:id; without an id the delivery id; without a user the team's id stands in",
}
_KEPT = {topics.LINEAGE: "all, for `STREAMS_LINEAGE_DAYS`"}
_SUMMARY_KEY, _SERIES_KEY = "user_id:resource:id", "user_id:resource"
_ROWS = {
    topics.LABS: "resource, id",
    topics.QUERY_RESULTS: "user, id",
    topics.ALERTS: "id; the greatest revision counts",
    topics.ALERT_DELIVERIES: "each record",
    topics.LINEAGE: "raw topic, partition, offset",
    topics.OTHER: "each record",
}


def render() -> str:
    return "\n".join([INTRO, *_topics(), *_head(), *_schemas()]) + "\n"


def key_of(topic: str) -> str:
    """The parts of a record's key in a clean topic, by the topic's short name."""
    row = resources.RESOURCES.get(topic)
    if row is None:
        return _KEYS[topic]
    return _SUMMARY_KEY if _is_summary(row) else _SERIES_KEY


def _table(*columns: str) -> list[str]:
    return [_row(*columns), _row(*("---" for _ in columns))]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _link(schema: str) -> str:
    return f"[{schema}](#{schema.lower()})"


def _topics() -> Iterator[str]:
    rows = list(resources.RESOURCES.values())
    yield "## Summaries\n"
    yield f"Key of the record, and of your row: `{_SUMMARY_KEY}`.\n"
    yield from _table("topic", "what", "schema")
    yield from (
        _row(f"`{row.name}`", ABOUT[row.name], _link(topics.schema_of(row.name))) for row in rows if _is_summary(row)
    )
    yield "\n## Timeseries\n"
    yield f"Key of the record: `{_SERIES_KEY}`. Key of a row: see above, and the column `and`.\n"
    yield from _table("topic", "what", "unit", "a sample is", "and", "schema", "for example")
    yield from (_series_row(row) for row in rows if not _is_summary(row))
    yield "\n## State, labs, queries\n"
    yield from _table("topic", "what", "key of the record", "key of a row", "Kafka keeps", "schema")
    for name in _KEYS:
        is_state = name in topics.STATES
        kept = "the newest of each key" if is_state else _KEPT.get(name, "all, for `STREAMS_CLEAN_RETENTION_DAYS`")
        row_key = "as the record's" if is_state else _ROWS[name]
        yield _row(f"`{name}`", ABOUT[name], f"`{_KEYS[name]}`", row_key, kept, _link(topics.avro_topics()[name]))
    yield ""


def _is_summary(row: Resource) -> bool:
    return row.kind is Kind.SUMMARY


def _series_row(row: Resource) -> str:
    extra = ", ".join("`source.workout_id`" if name == "workout_id" else f"`{name}`" for name in row.key_extra)
    shape = "an interval" if row.shape is resources.Shape.INTERVAL else "a point"
    example = examples().get(row.name)
    schema = _link(topics.schema_of(row.name))
    return _row(f"`{row.name}`", ABOUT[row.name], row.unit, shape, extra, schema, _one_value(example))


def _one_value(example: Example | None) -> str:
    """The first sample, as `time: value`."""
    if example is None:
        return ""
    record = example.record
    at = record["times"][0].isoformat()
    if "systolic" in record:
        return f"{at}: {record['systolic'][0]:g}/{record['diastolic'][0]:g}"
    value = record["values"][0]
    return f"{at}: {value if isinstance(value, str) else f'{value:g}'}"


def _head() -> Iterator[str]:
    yield "## What data records begin with\n"
    without = ", ".join(map(_link, _WITHOUT_HEAD))
    yield f"All but {without}: who, what, from where, how it came. `?` behind a type: may be null.\n"
    yield from _fields(_load("Activity")["fields"][:_HEAD_FIELDS])
    yield ""
    yield from (line for name in (*_SMALL, *_ENTRIES) for line in _small(name))


def _small(name: str) -> Iterator[str]:
    schema = _load(name)
    yield f"### {name}\n\n{schema['doc']}\n"
    yield from _fields(schema["fields"])
    yield ""


def _schemas() -> Iterator[str]:
    yield "## Schemas\n"
    for name in schema_files.SCHEMAS:
        yield from _schema(name)


def _schema(name: str) -> Iterator[str]:
    schema = _load(name)
    used = [topic for topic, of in topics.avro_topics().items() if of == name]
    shown_topics = (
        ", ".join(f"`{topic}`" for topic in used) if len(used) < 5 else "every timeseries whose samples are numbers"
    )
    yield f"### {name}\n\n{schema['doc']}\n\nTopics: {shown_topics}.\n"
    own = schema["fields"] if name in _WITHOUT_HEAD else schema["fields"][_HEAD_FIELDS:]
    yield from _fields(own)
    topic = next((topic for topic in used if topic in examples()), None)
    if topic is None:
        yield ""
        return
    example = examples()[topic]
    yield f"\n<details><summary>A record of <code>{topic}</code></summary>\n\nKey: `{example.key}`\n"
    yield f"```json\n{shown(example.record)}\n```\n\n</details>\n"


def _fields(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield from _table("field", "type", "meaning", "from `$.data`")
    for row in rows:
        yield _row(
            f"`{row['name']}`", _type(row["type"]), row["doc"], f"`{row['junction']}`" if "junction" in row else ""
        )


_WORDS = {
    "string": "text",
    "double": "number",
    "long": "whole number",
    "int": "whole number",
    "boolean": "yes or no",
    "date": "date",
    "timestamp-millis": "time",
    "timestamp-micros": "time",
}


def _type(node: Any) -> str:
    """An Avro type in words; `?` marks what may be null."""
    if isinstance(node, list):
        inner = _type(next(branch for branch in node if branch != "null"))
        return f"({inner})?" if " of " in inner else f"{inner}?"
    if isinstance(node, dict) and node["type"] in ("array", "map"):
        inner = _type(node.get("items") or node["values"])
        return f"list of {inner}" if node["type"] == "array" else f"map by name of {inner}"
    name = str(node.get("logicalType", node["type"]) if isinstance(node, dict) else node)
    return _WORDS.get(name) or _link(name)


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((schema_files.AVRO_DIR / f"{name}.avsc").read_text(encoding="utf-8"))
    return loaded
