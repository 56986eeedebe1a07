"""Rows of continuous queries (domain file, 2.3): columns in the body, one record a row, keyed by query and group."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from streams import ids, values
from streams.body import Event, short_text
from streams.summary import Entity
from streams.values import Unfit, canonical, to_json

_TABLE_NAMES = frozenset({"query_id", "query_slug", "data"})
_NO_VALUE = "~"  # in the place of a group's null; a text that has this sign has it escaped


def read(event: Event, data: Any) -> list[Entity] | None:
    """The rows of an event; None if `$.data` is no list of `{query_id, query_slug, data: {column: [values]}}`."""
    if type(data) is not list or not data or not all(map(_is_table, data)):
        return None
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
    return any(map(_is_group, columns)) or max(map(len, columns.values()), default=0) <= 1


def _columns(table: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: column for name, column in table["data"].items() if type(column) is list}


def _is_group(name: str) -> bool:
    return name == "group_key" or name.startswith("group_key.")


def _rows(event: Event, table: Mapping[str, Any]) -> Iterator[Entity]:
    columns = _columns(table)
    unknown = {name: canonical(value) for name, value in table.items() if name not in _TABLE_NAMES}
    unknown |= {f"data.{name}": canonical(value) for name, value in table["data"].items() if name not in columns}
    if len(set(map(len, columns.values()))) > 1:
        event.problems.append("$.data[].data: columns of different length")
    for row in zip_longest(*columns.values()):
        yield _row(event, table, dict(zip(columns, row, strict=True)), unknown)


def _row(event: Event, table: Mapping[str, Any], row: dict[str, Any], unknown: dict[str, Any]) -> Entity:
    groups = sorted(filter(_is_group, row), key=lambda name: (len(name), name))
    said = {name: canonical(value) for name, value in row.items() if value is not None and name not in groups}
    numbers, texts, rest = _sorted_out(said)
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
    content = said | {f"$.data[].{name}": value for name, value in unknown.items()}
    return Entity(event, id, fields, unknown | rest, content, None)


def _sorted_out(said: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, str], dict[str, Any]]:
    """(numbers, texts and truth values, the rest), each by name."""
    numbers, texts, rest = dict[str, float](), dict[str, str](), dict[str, Any]()
    for name, value in said.items():
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
