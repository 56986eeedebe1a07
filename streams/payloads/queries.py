"""Rows of continuous queries (domain file, 2.3): columns in the body, one record a row, keyed by query and group."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from streams.events import ids
from streams.events.text import REPLACEMENT, body_bounds
from streams.ops.errors import Reason, Rejected
from streams.payloads import values
from streams.payloads.envelope import Event
from streams.payloads.summary import Entity
from streams.payloads.values import Unfit, canonical, short_text, to_json

ROWS_MAX = 50_000  # of an event: two seconds of a worker; groups by the hour take five years to be as many
REPEATED_BYTES_MAX = 64 * 1024 * 1024
_TABLE_NAMES = frozenset({"query_id", "query_slug", "data"})
_NO_VALUE = "~"  # in the place of a group's null; a text that has this sign has it escaped


def read(event: Event, data: Any) -> list[Entity] | None:
    """The rows of an event; None if `$.data` is no list of `{query_id, query_slug, data: {column: [values]}}`.

    Raises Rejected(TOO_LARGE).
    """
    if type(data) is not list or not data or not all(map(_is_table, data)):
        return None
    _check(data)
    return [row for table in data for row in _rows(event, table)]


def state_parts(row: Entity) -> list[str]:
    """Parts of its key in the table, four so that no summary has the same."""
    return [row.event.user_id, "query", "row", row.id]


def no_rows(data: Any) -> dict[str, Any]:
    """The fields of an event that is not of the documented shape."""
    empty: dict[str, Any] = {"group_key": {}, "numbers": {}, "texts": {}}
    return {"id": None, "query_id": None, "query_slug": None, "payload_json": to_json(data).decode()} | empty


def _is_table(table: Any) -> bool:
    """Without a group key only a single row has a key, the query's."""
    if type(table) is not dict or not short_text(table.get("query_id")) or type(table.get("data")) is not dict:
        return False
    columns = _columns(table)
    if any(_is_lost(column) for name, column in columns.items() if _is_group(name)):
        return False
    return any(map(_is_group, columns)) or max(map(len, columns.values()), default=0) <= 1


def _is_lost(column: list[Any]) -> bool:
    """Whether a group's name is broken (`mend`): two groups may differ in nothing else."""
    return any(type(value) is str and REPLACEMENT in value for value in column)


def _check(tables: list[Any]) -> None:
    """Rows are things, each with a state and a record, which repeats names, and what is unknown of its table."""
    rows = [max(map(len, _columns(table).values()), default=0) for table in tables]
    if sum(rows) > ROWS_MAX:
        raise Rejected(Reason.TOO_LARGE, f"$.data: more than {ROWS_MAX:,} rows")
    for n, table in zip(rows, tables, strict=True):
        columns = _columns(table)
        body_bounds.check_table(n, len(columns), "$.data[].data")  # columns of different length are filled up
        if n * (sum(map(len, columns)) + len(to_json(_unknown(table)))) > REPEATED_BYTES_MAX:
            raise Rejected(Reason.TOO_LARGE, f"$.data[]: {n} rows")


def _unknown(table: Mapping[str, Any]) -> dict[str, Any]:
    """What has no place in a row: names of the table, and what is no column in its data."""
    columns = _columns(table)
    unknown = {name: canonical(value) for name, value in table.items() if name not in _TABLE_NAMES}
    return unknown | {f"data.{name}": canonical(value) for name, value in table["data"].items() if name not in columns}


def _columns(table: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: column for name, column in table["data"].items() if type(column) is list}


def _is_group(name: str) -> bool:
    return name == "group_key" or name.startswith("group_key.")


def _rows(event: Event, table: Mapping[str, Any]) -> Iterator[Entity]:
    columns = _columns(table)
    unknown = _unknown(table)
    if len(set(map(len, columns.values()))) > 1:
        event.problems.append("$.data[].data: columns of different length")
    for row in zip_longest(*columns.values()):
        yield _row(event, table, dict(zip(columns, row, strict=True)), unknown)


def _row(event: Event, table: Mapping[str, Any], row: dict[str, Any], unknown: dict[str, Any]) -> Entity:
    groups = sorted(filter(_is_group, row), key=lambda name: (len(name), name))
    given = {name: canonical(value) for name, value in row.items() if value is not None and name not in groups}
    numbers, texts, rest = _sorted_out(given)
    query_id = ids.canonical(table["query_id"])
    id = "/".join([_escaped(query_id), *(_part(row[name]) for name in groups)])
    fields = {
        "id": id,
        "query_id": query_id,
        "query_slug": short_text(table.get("query_slug")),
        "group_key": {name: _text(row[name]) for name in groups if row[name] is not None},
        "numbers": numbers,
        "texts": texts,
        "payload_json": None,
    }
    content = given | {f"$.data[].{name}": value for name, value in unknown.items()}
    return Entity(event, id, fields, unknown | rest, content, None)


def _sorted_out(given: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, str], dict[str, Any]]:
    """(numbers, texts and truth values, the rest), each by name."""
    numbers, texts, rest = dict[str, float](), dict[str, str](), dict[str, Any]()
    for name, value in given.items():
        if type(value) in (str, bool):
            texts[name] = _text(value)
            continue
        try:
            numbers[name] = values.number(value)
        except Unfit:
            rest[f"data.{name}"] = value
    return numbers, texts, rest


def _text(value: Any) -> str:
    return value if type(value) is str else to_json(value).decode()


def _part(value: Any) -> str:
    return _NO_VALUE if value is None else _escaped(_text(canonical(value)))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("/", "%2F").replace(_NO_VALUE, "%7E")
