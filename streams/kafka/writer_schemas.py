"""The schemas with which records were written, by the id that stands in each record."""

import json
from typing import Any

import fastavro

from streams.events import topics
from streams.events.schemas import is_bounded
from streams.kafka import subjects
from streams.kafka.codec import parsed
from streams.kafka.registry import local_ids
from streams.kafka.registry_client import opened
from streams.ops.errors import UnknownSchema
from streams.ops.settings import Settings

ID_MAX = 2**31 - 1  # ids are 32 bits in a record, and a Java int in registries


class ForeignSchema(ValueError):
    """A record names a schema that is not of our subjects, or that no record of ours can have."""


class WriterSchemas:
    """Each is asked for once and kept.

    Only those that are registered under a subject of ours: whoever may write to a topic may name any id, and records of
    some schemas take more room than there is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[int, Any] = {}
        self._subjects = {subjects.name_of(settings, topic) for topic in topics.avro_topics()}
        if settings.is_mock:
            names = topics.avro_topics()
            self._known = {id: parsed(names[topic]) for topic, id in local_ids().items()}

    def writer(self, id: int) -> Any:
        """The parsed schema, for `codec.decode`. Raises ForeignSchema, Unavailable, Misconfigured."""
        if id not in self._known:
            if not 0 < id <= ID_MAX:  # registries answer as if the address were wrong
                raise ForeignSchema("no registry gives such an id")
            if self._settings.is_mock:
                raise UnknownSchema("only this process's own schemas are known: there is no registry")
            with opened(self._settings) as client:
                # Deleted versions, too: their records are still there.
                subjects_of = {version.subject for version in client.get_schema_versions(id, deleted=True)}
                text = client.get_schema(id).schema_str if subjects_of & self._subjects else None
            if text is None:
                raise ForeignSchema("the schema of a record is not of a subject of ours")
            self._known[id] = _parsed(text)
        return self._known[id]


def _parsed(text: str) -> Any:
    try:
        schema = json.loads(text)
        if is_bounded(schema):
            return fastavro.parse_schema(schema)
    except RecursionError:
        pass
    raise ForeignSchema("records of this schema may be larger than their bytes allow")
