"""Records as columns of rows, and of several rows of one key the newest."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from connectors.postgres.tables.avro_columns import Field
from connectors.postgres.tables.layout import OFFSET, RECORD_KEY, Form, Plan
from connectors.postgres.tables.readings import is_of_sample
from connectors.postgres.tables.table import SqlTable
from streams.events import key_of, topics

Columns = dict[str, list[Any]]
_NEVER = -(2**63)  # stands for "no updated_at": older than any


class Read(NamedTuple):
    """A record of a topic. `key`: as on Kafka."""

    offset: int
    key: str
    record: dict[str, Any]


def columns_of(fields: Sequence[Field], records: Sequence[dict[str, Any]]) -> Columns:
    """One value of each record for each field."""
    within: dict[tuple[str, ...], Sequence[Any]] = {(): records}
    return {one.column.name: _column(one, within) for one in fields}


def _column(field: Field, within: dict[tuple[str, ...], Sequence[Any]]) -> list[Any]:
    *above, last = field.path
    found = [None if one is None else one[last] for one in _parents(tuple(above), within)]
    return found if field.convert is None else [None if one is None else field.convert(one) for one in found]


def _parents(path: tuple[str, ...], within: dict[tuple[str, ...], Sequence[Any]]) -> Sequence[Any]:
    if path not in within:
        within[path] = [None if one is None else one[path[-1]] for one in _parents(path[:-1], within)]
    return within[path]


def entity_columns(plan: Plan, fields: Sequence[Field], read: Sequence[Read]) -> Columns:
    """A row for each record."""
    found = columns_of(fields, [one.record for one in read])
    if RECORD_KEY in plan.added:
        found[RECORD_KEY.name] = [_record_key(plan, one) for one in read]
    if OFFSET in plan.added:
        found[OFFSET.name] = [one.offset for one in read]
    return found


def _record_key(plan: Plan, read: Read) -> str:
    if plan.topic == topics.DRIFT:
        return read.key
    record = read.record
    owner = record["user_id"] or record["team_id"] or ""
    of_one = plan.topic != topics.OTHER and record["id"]  # of `other` each delivery is a row
    return key_of(owner, record["resource"], of_one or "~" + record["delivery"]["id"]).decode()


def reading_columns(fields: Sequence[Field], schema: Any, read: Sequence[Read]) -> Columns:
    """A row for each sample: what belongs to the record is repeated."""
    of_sample = {row["name"] for row in schema["fields"] if is_of_sample(row)}
    heads = [one for one in fields if one.path[0] not in of_sample]
    counts = [len(one.record["times"]) for one in read]
    found = {
        name: _repeated(column, counts) for name, column in columns_of(heads, [one.record for one in read]).items()
    }
    for one in fields:
        if one.path[0] in of_sample:
            found[one.column.name] = _joined(one, read, counts)
    return found


def _repeated(column: list[Any], counts: list[int]) -> list[Any]:
    return [value for value, n in zip(column, counts, strict=True) for _ in range(n)]


def _joined(field: Field, read: Sequence[Read], counts: list[int]) -> list[Any]:
    lists = (one.record[field.path[0]] or [None] * n for one, n in zip(read, counts, strict=True))
    values = [value for values in lists for value in values]
    return values if field.convert is None else [None if one is None else field.convert(one) for one in values]


def columns(plan: Plan, fields: Sequence[Field], schema: Any, read: Sequence[Read]) -> Columns:
    """The rows of records that one schema wrote."""
    if plan.form is Form.READING:
        return reading_columns(fields, schema, read)
    return entity_columns(plan, fields, read)


def joined(table: SqlTable, parts: Sequence[Columns]) -> Columns:
    """Rows of several schemas as rows of one table: what a schema does not know is null."""
    found: Columns = {name: [] for name in table.names}
    for part in parts:
        n = len(next(iter(part.values())))
        for name, column in found.items():
            column += part.get(name) or [None] * n
    return found


def newest(table: SqlTable, rows: Columns) -> Columns:
    """One row of each key: the newest, of equal ones the last."""
    order = [[_NEVER if value is None else value for value in rows[name]] for name in table.newer]
    versions: Iterable[tuple[Any, ...]] = zip(*order, strict=True) if order else ()
    kept = _kept(list(zip(*(rows[name] for name in table.key), strict=True)), list(versions))
    n = len(rows[table.key[0]])
    return rows if len(kept) == n else {name: [column[place] for place in kept] for name, column in rows.items()}


def _kept(keys: list[tuple[Any, ...]], versions: list[tuple[Any, ...]]) -> list[int]:
    if len(set(keys)) == len(keys):
        return list(range(len(keys)))
    found: dict[tuple[Any, ...], int] = {}
    for place, key in enumerate(keys):
        other = found.setdefault(key, place)
        if not versions or versions[place] >= versions[other]:
            found[key] = place
    return list(found.values())
