"""A summary as `judge` compares and stores it, and what its row says once it is read."""

from typing import NamedTuple

from streams.events import topics
from streams.payloads import ATTRIBUTION, Summary, to_json
from streams.tables import rows, verdicts
from streams.tables.sources import Maker
from streams.tables.summaries import json_row, layouts, packed_numbers, packed_row
from streams.tables.summaries.packed_row import Delivery
from streams.tables.summaries.repeated import RepeatFields
from streams.tables.verdicts import Version


class Place(NamedTuple):
    """Where a version stands in the comparison of sources. `day`: "" where it is not compared."""

    day: str
    maker: Maker


class StoredSummary(NamedTuple):
    """A row that was read. `offset`: of its raw record."""

    version: Version
    offset: int
    beside: RepeatFields


class SummaryForm:
    """A summary to be compared and stored. `day`: see Place. `before`: what was stored, once it was compared."""

    kind = rows.SUMMARY

    def __init__(self, summary: Summary, day: str, delivery: Delivery) -> None:
        self._summary, self._day, self._delivery = summary, day, delivery
        self._layout = layouts.of(topics.schema_of(summary.event.type.resource))
        self._packed: layouts.Packed | None = None
        self.before: Place | None = None

    def row(self, version: Version, content: bytes) -> bytes:
        text, others = self._pack()
        return packed_row.encode(version, self._summary, self._day, self._delivery, text, others, _more(self._summary))

    def precedes(self, state: bytes, version: Version, content: bytes) -> bool:
        """The first in the log is kept."""
        mine, theirs = max(self._delivery.offset, 0), _offset(state)
        return mine < theirs or (mine == theirs and not _is_older(state) and self.row(version, content) < state)

    def changed(self, state: bytes, content: bytes) -> list[str]:
        if _is_older(state):
            then = json_row.beside(state)
            self.before = Place(then.day, then.maker)
            return verdicts.changed_names(json_row.stored(state).content, content)
        row, summary = packed_row.decode(state), self._summary
        self.before = Place(packed_row.day_of(row), packed_row.maker_of(row))
        found = self._layout.changed((packed_numbers.unpack(row.numbers), row.others), self._pack())
        if self.before.maker != (summary.source.provider, summary.source.type):
            found.append(ATTRIBUTION)
        if row.has_id != ("id" in summary.content):
            found.append("id")
        if row.more != (more := _more(summary)):
            found += verdicts.changed_names(row.more or b"{}", more or b"{}")
        return sorted({*found})

    def _pack(self) -> layouts.Packed:
        if self._packed is None:
            self._packed = self._layout.pack(self._summary.fields)
        return self._packed


def read(state: bytes, resource: str, id: str) -> StoredSummary:
    """A row of a resource, whose key has this id. Raises Misconfigured for one that another version wrote."""
    version = verdicts.version_of(state, rows.SUMMARY)
    if _is_older(state):
        return StoredSummary(version, json_row.offset(state), json_row.repeated(state))
    schema = topics.schema_of(resource)
    return StoredSummary(version, packed_row.offset(state), packed_row.repeated(state, resource, schema, id))


def _is_older(state: bytes) -> bool:
    return state[0] == json_row.FORMAT


def _offset(state: bytes) -> int:
    return json_row.offset(state) if _is_older(state) else packed_row.offset(state)


def _more(summary: Summary) -> bytes:
    """JSON of the content that has no field, and of an id that is too long for a key; b"" for none."""
    is_key = summary.content.get("id", summary.id) == summary.id
    if is_key and not summary.unknown:
        return b""
    more = {name: value for name, value in summary.content.items() if name[:1] == "$"}
    if not is_key:
        more["id"] = summary.content["id"]
    return to_json(more) if more else b""
