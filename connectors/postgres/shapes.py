"""Which columns records of each schema fill. A schema that knows more than its table makes the table grow."""

from collections.abc import Callable, Sequence
from typing import Any

from connectors.postgres.intake import TopicBatch
from connectors.postgres.schema import Database
from connectors.postgres.tables import layout, statements
from connectors.postgres.tables.avro_columns import Field
from connectors.postgres.tables.layout import PLANS, Form
from connectors.postgres.tables.table import SqlTable

SchemaOf = Callable[[int], Any]


class Shapes:
    """`tables`: of topics that have one of their own, by topic. `schema_of`: a writer's schema by its id."""

    def __init__(self, database: Database, tables: dict[str, SqlTable], schema_of: SchemaOf) -> None:
        self.database, self._tables, self._schema_of = database, tables, schema_of
        self._fields: dict[tuple[str, int], list[Field]] = {}
        self._upserts: dict[str, str] = {}

    def table(self, topic: str) -> SqlTable:
        """The table of a topic. Raises KeyError where samples are numbers."""
        return self._tables[topic]

    def upsert(self, topic: str) -> str:
        """The statement that writes rows of a topic."""
        if topic not in self._upserts:
            self._upserts[topic] = statements.upsert(self.database.name, self._tables[topic])
        return self._upserts[topic]

    def fields(self, topic: str, writer: int) -> list[Field]:
        """The columns that records of a schema fill."""
        if (topic, writer) not in self._fields:
            self._fields[topic, writer] = layout.fields(PLANS[topic], self.schema(writer))
        return self._fields[topic, writer]

    def schema(self, writer: int) -> Any:
        """A writer's schema."""
        return self._schema_of(writer)

    def grow(self, topics: Sequence[TopicBatch]) -> None:
        """Add the columns of schemas that were not met before. To be called outside a transaction.

        Raises Unavailable, Misconfigured.
        """
        met = {(batch.topic, one.writer) for batch in topics for one in batch.stored} - set(self._fields)
        for topic, writer in sorted(met):
            if PLANS[topic].form is not Form.NUMBER and self._knows_more(topic, writer):
                self._grow(topic, writer)

    def _knows_more(self, topic: str, writer: int) -> bool:
        table = self._tables[topic]
        return any(table.column(field.column.name) is None for field in self.fields(topic, writer))

    def _grow(self, topic: str, writer: int) -> None:
        grown = layout.grown(self._tables[topic], self.fields(topic, writer))
        self._tables |= self.database.apply({topic: grown})
        self._upserts.pop(topic, None)
