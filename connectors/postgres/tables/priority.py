"""Which of several sources counts, in SQL: `<name>_preferred` as the worker decided, `<name>_by_priority` by the
team's own table when it is asked.

Sources are compared where the worker compares them: samples within an hour, summaries within a local day.
"""

from collections.abc import Mapping, Sequence

from connectors.postgres.tables import ddl, samples, sql
from connectors.postgres.tables.layout import PLANS, Form
from connectors.postgres.tables.table import Column, SqlTable
from streams.events import resources, topics
from streams.events.resources import Kind
from streams.tables.sources import SENSE_ORDER, is_compared

PREFERRED, BY_PRIORITY = "_preferred", "_by_priority"
ANY = "*"
_LAST = 2**31 - 1  # of sources without a rank; then by name, so that it is always one

SOURCE_PRIORITY = SqlTable(
    "source_priority",
    "Yours to change: which source to take in the views *_by_priority. Filled once with the order of Junction Sense.",
    (
        Column("resource", "text", f"Name of a resource, or {ANY} for all.", True),
        Column("source_type", "text", f"Source type (watch, phone, ring, ...), or {ANY} for all.", True),
        Column("provider", "text", f"Provider slug, or {ANY} for all.", True),
        Column("rank", "integer", "1 = best. Of several rows that fit, the one that names the resource counts, then "
               "the provider, then the type."),
    ),
    key=("resource", "source_type", "provider"),
)  # fmt: skip


def fill(schema: str) -> list[str]:
    """The order of Junction Sense, for the table once it is made."""
    rows = ", ".join(f"('{ANY}', {sql.text(kind)}, '{ANY}', {rank})" for rank, kind in enumerate(SENSE_ORDER, 1))
    return [f"INSERT INTO {sql.name(schema, SOURCE_PRIORITY.name)} VALUES {rows} ON CONFLICT DO NOTHING"]


def views(schema: str, tables: Mapping[str, SqlTable]) -> dict[str, list[str]]:
    """Statements that make or replace each view, by its name. `tables`: of topics that have one of their own."""
    found: dict[str, list[str]] = {}
    for row in resources.RESOURCES.values():
        if PLANS[row.name].form is Form.NUMBER:
            found |= _of_samples(schema, row)
        elif _is_compared_summary(row.name) and row.name in tables:
            found |= _of_summary(schema, tables[row.name])
    return found


def of_table(topic: str) -> tuple[str, ...]:
    """The views on a topic's own table."""
    return (topic + PREFERRED, topic + BY_PRIORITY) if _is_compared_summary(topic) else ()


def _is_compared_summary(name: str) -> bool:
    row = resources.RESOURCES.get(name)
    return row is not None and row.kind is Kind.SUMMARY and name != "workout_stream"  # a notice belongs to no day


def columns(name: str, tables: Mapping[str, SqlTable]) -> tuple[Column, ...]:
    """The columns of a view of `views`."""
    base = name.removesuffix(PREFERRED).removesuffix(BY_PRIORITY)
    return tables[base].columns if base in tables else tuple(column for _, column in samples.view_columns())


def _of_samples(schema: str, row: resources.Resource) -> dict[str, list[str]]:
    by_priority = f"Samples of {row.name} of the best source of each hour, by source_priority."
    found = {row.name + BY_PRIORITY: _view(schema, row.name, BY_PRIORITY, _ranked_samples(schema, row), by_priority)}
    if is_compared(row):
        words = (
            f"Samples of {row.name}, in hours with several sources those of the preferred one: they may be added up."
        )
        found[row.name + PREFERRED] = _view(schema, row.name, PREFERRED, _preferred_samples(schema, row.name), words)
    return found


def _view(schema: str, base: str, ending: str, query: str, words: str) -> list[str]:
    whole = sql.name(schema, base + ending)
    return [f"CREATE OR REPLACE VIEW {whole} AS\n  {query}", f"COMMENT ON VIEW {whole} IS {sql.text(words)}"]


def _hour(time: str) -> str:
    return f"date_bin('1 hour', {time}, 'epoch'::timestamptz)"  # date_trunc takes the hours of the session's zone


def _preferred_samples(schema: str, resource: str) -> str:
    """An hour with one source has no row in preferences."""
    return (
        f"SELECT v.* FROM {sql.name(schema, resource)} v LEFT JOIN {sql.name(schema, topics.PREFERENCES)} h\n"
        f"  ON h.user_id = v.user_id AND h.resource = {sql.text(resource)} AND h.hour_at = {_hour('v.time')}\n"
        "  WHERE h.provider IS NULL OR (h.provider = v.source_provider AND h.type = v.source_type)"
    )


def _ranked_samples(schema: str, row: resources.Resource) -> str:
    """Series are few: those that are better than one are listed once, and looked up in its hours."""
    listed = ", ".join(sql.name(alias, one.name) for alias, one in samples.view_columns())
    series, values = sql.name(schema, samples.SERIES.name), sql.name(schema, samples.SAMPLES.name)
    place = "({rank}, {alias}.source_provider, {alias}.source_type)"
    mine, other = (place.format(rank=_rank(schema, row.name, one), alias=one) for one in ("s", "o"))
    return (
        f"SELECT {listed} FROM {series} s\n"
        f"  CROSS JOIN LATERAL (SELECT ARRAY(SELECT o.series_id FROM {series} o WHERE o.user_id = s.user_id\n"
        f"    AND o.resource = s.resource AND {other} < {mine}) AS ids OFFSET 0) better\n"
        f"  JOIN {values} p ON p.series_id = s.series_id\n"
        f"  JOIN {sql.name(schema, samples.ATTRIBUTES.name)} a ON a.attributes_id = p.attributes_id\n"
        f"  WHERE s.resource = {sql.text(row.name)} AND (better.ids = '{{}}' OR NOT EXISTS (\n"
        f"    SELECT 1 FROM {values} q WHERE q.series_id = ANY (better.ids)\n"
        f"    AND q.time >= {_hour('p.time')} AND q.time < {_hour('p.time')} + interval '1 hour'))"
    )


def _of_summary(schema: str, table: SqlTable) -> dict[str, list[str]]:
    whole, name = sql.name(schema, table.name), table.name
    preferred = f"SELECT t.* FROM {whole} t WHERE t.preferred IS NOT FALSE"
    listed = sql.names(list(table.names), "r")
    day = "" if name == "profile" else ", t.local_date"  # a person has one
    ranked = (
        f"SELECT {listed} FROM (SELECT t.*, rank() OVER (PARTITION BY t.user_id{day} ORDER BY "
        f"{_rank(schema, name, 't')}, t.source_provider, t.source_type) AS place FROM {whole} t) r\n"
        f"  WHERE r.place = 1{'' if name == 'profile' else ' OR r.local_date IS NULL'}"
    )
    found = {
        PREFERRED: (preferred, f"Rows of {name} of the preferred source of each local day, as the worker decided."),
        BY_PRIORITY: (ranked, f"Rows of {name} of the best source of each local day, by source_priority."),
    }
    return {name + ending: _view(schema, name, ending, *one) for ending, one in found.items()}


def _rank(schema: str, resource: str, alias: str) -> str:
    """The rank of a row's source."""
    return (
        f"coalesce((SELECT r.rank FROM {sql.name(schema, SOURCE_PRIORITY.name)} r\n"
        f"    WHERE r.resource IN ({sql.text(resource)}, '{ANY}') AND r.source_type IN ({alias}.source_type, '{ANY}')\n"
        f"    AND r.provider IN ({alias}.source_provider, '{ANY}')\n"
        f"    ORDER BY r.resource = '{ANY}', r.provider = '{ANY}', r.source_type = '{ANY}' LIMIT 1), {_LAST})"
    )


def missing(
    schema: str, tables: Mapping[str, SqlTable], there: Mapping[str, Sequence[str] | Mapping[str, str]]
) -> list[str]:
    """The statements that make what is not there, and again what has fewer columns than its table.

    `there`: columns of each table and view.
    """
    found = [] if SOURCE_PRIORITY.name in there else [*ddl.create(schema, SOURCE_PRIORITY), *fill(schema)]
    for name, statements in views(schema, tables).items():
        wanted = columns(name, tables)
        if any(one.name not in there.get(name, ()) for one in wanted):
            found += [*statements, *ddl.comments(schema, name, wanted)]
    return found
