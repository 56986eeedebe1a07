"""Which table a topic has, how its rows are named, and which of two rows of a key is newer."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from connectors.postgres.tables.avro_columns import Field, fields_of
from connectors.postgres.tables.readings import reading_fields
from connectors.postgres.tables.table import Column, SqlTable
from streams.events import resources, topics

OFFSET = Column("record_offset", "bigint", "Offset of the record on its topic: the greatest of a key is the newest.")
RECORD_KEY = Column("record_key", "text", "What the row is about, as one text.", True)
UPDATED, DELIVERED, HASH = "version_updated_at", "version_delivered_at", "version_content_hash"
VERSION = (UPDATED, DELIVERED, HASH)


class Form(StrEnum):
    """How records become rows: one each; one a sample in a table of their own; one a sample in the table of numbers."""

    RECORD = "record"
    READING = "reading"
    NUMBER = "number"


class Plan(NamedTuple):
    """What is made of a topic (short name).

    `parts`: the columns that the parts of a record's Kafka key stand in, so that a tombstone finds its rows.
    `delivered`: the column with the time that counts against a request to be forgotten; "" where there is no user.
    """

    topic: str
    schema: str
    form: Form
    key: tuple[str, ...]
    parts: tuple[str, ...]
    newer: tuple[str, ...] = VERSION
    delivered: str = DELIVERED

    @property
    def added(self) -> tuple[Column, ...]:
        """Columns that are not in the schema."""
        return (RECORD_KEY,) * (RECORD_KEY.name in self.key) + (OFFSET,) * (OFFSET.name in self.newer)


_KEYED = (RECORD_KEY.name,)
_NEWEST = (OFFSET.name,)
_ATTEMPT = ("alert_topic", "alert_partition", "alert_offset", "receiver", "attempt", "status", "at")


def _state(topic: str, *key: str, at: str = "processed_at") -> Plan:
    """Of a compacted topic: the newest record of a key holds."""
    return Plan(topic, topics.clean_topics()[topic], Form.RECORD, key, key, _NEWEST, at)


def _entity(topic: str, key: tuple[str, ...], *parts: str) -> Plan:
    return Plan(topic, topics.clean_topics()[topic], Form.RECORD, key, parts)


_CONTROL = (
    _state(topics.CONNECTIONS, "user_id", "provider", at="last_event_at"),
    _state(topics.BACKFILLS, "user_id", "provider", "resource"),
    _state(topics.RECONCILIATIONS, "user_id", "provider", "resource", at="compared_at"),
    _state(topics.PREFERENCES, "user_id", "resource", "hour_at"),
    _state(topics.DRIFT, *_KEYED, at=""),
    _entity(topics.DEVICES, ("user_id", "id"), "user_id", "id"),
    _entity(topics.LABS, _KEYED, "user_id", "order_id"),
    _entity(topics.QUERY_RESULTS, _KEYED, "user_id", "query_id"),
    _entity(topics.OTHER, _KEYED, "user_id", "id"),
    _entity(topics.ALERTS, ("id",), "user_id", "rule")._replace(newer=("revision",), delivered="at"),
    _entity(topics.ALERT_DELIVERIES, _ATTEMPT, "user_id", "alert_id")._replace(newer=(), delivered="at"),
)


def _of_resource(row: resources.Resource) -> Plan:
    schema = topics.schema_of(row.name)
    if row.kind is resources.Kind.SUMMARY:
        return Plan(row.name, schema, Form.RECORD, ("user_id", "id"), ("user_id", "resource", "id"))
    if row.value is resources.Value.NUMBER:
        return Plan(row.name, schema, Form.NUMBER, ("series_id", "time"), ("user_id", "resource"), (DELIVERED,))
    extra = ("type", "delivery_form") if row.value is resources.Value.INSULIN else ()
    key = ("user_id", "source_provider", "source_type", "time", *extra)
    return Plan(row.name, schema, Form.READING, key, ("user_id", "resource"), (DELIVERED,))


PLANS: dict[str, Plan] = {one.topic: one for one in (*map(_of_resource, resources.RESOURCES.values()), *_CONTROL)}


def fields(plan: Plan, schema: Any) -> list[Field]:
    """The columns of a topic's own table that a writer's schema fills. `schema`: as `json.loads` gives it."""
    return reading_fields(schema) if plan.form is Form.READING else fields_of(schema)


def table(plan: Plan, schemas: Sequence[Any]) -> SqlTable:
    """The table of a topic that has one of its own, by all schemas that are known: a field more is a column more.

    Only columns of the key are required: a later schema may leave out any other.
    """
    first, *others = schemas
    columns = [one.column for one in fields(plan, first)]
    kept = [one._replace(is_required=one.is_required and one.name in plan.key) for one in columns]
    found = SqlTable(plan.topic, first.get("doc", ""), (*kept, *plan.added), plan.key, plan.newer)
    for schema in others:
        found = grown(found, fields(plan, schema))
    return found


def grown(table: SqlTable, more: Sequence[Field]) -> SqlTable:
    """The table with the columns of a schema that knows more, behind its own."""
    columns = [one.column._replace(is_required=False) for one in more if table.column(one.column.name) is None]
    return table._replace(columns=(*table.columns, *columns))
