"""What folds noted in a draft, as the columns of lineage: a row for each raw record. Pure.

Everything behind a `Handled` belongs to its record, up to the next one, a dead letter, or `ASIDE`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from streams.events import H_PARTITION_KEY, H_TYPE, header, parse_type
from streams.events.text import ID_CHARS_MAX
from streams.lineage.columns import ENTITIES_MAX, STEPS_MAX, Columns
from streams.payloads.drift import ODD
from streams.tables import EventExtent, Provenance, provenance_of
from streams.tables.outputs import About, Count, Dead, Handled, Judged, Measurement

DETAIL_CHARS_MAX = 256
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)
_NO_DATA = About("", "", None)
_NO_SPAN = (0, 0, 0, 0)


@lru_cache(maxsize=4096)
def shown(name: str) -> str:
    """A name that an event brought, as lineage may hold it: itself, or ODD where it may be a value."""
    return name if not name or _NAME.fullmatch(name) else ODD


def columns_of(measurements: Iterable[Measurement]) -> Iterator[Columns]:
    """The rows of one draft, in records of at most ROWS_MAX."""
    columns, row = Columns(), _Row()
    for one in measurements:
        kind = type(one)
        if kind is Judged:
            row.judged.append(one)  # type: ignore[arg-type]  # because mypy does not narrow by `kind`
        elif kind is Count:
            row.counts.append(one)  # type: ignore[arg-type]  # because mypy does not narrow by `kind`
        elif kind is About:
            row.about = one  # type: ignore[assignment]  # because mypy does not narrow by `kind`
        else:
            row.add_to(columns)
            if columns.is_full:
                yield columns
                columns = Columns()
            row = _Row(one)
    row.add_to(columns)
    if columns.ids:
        yield columns


class _Row:
    """What was noted of one record. `begun`: what it began with; nothing becomes of what belongs to no record."""

    __slots__ = ("about", "begun", "counts", "judged")

    def __init__(self, begun: Measurement | None = None) -> None:
        self.begun = begun
        self.judged: list[Judged] = []
        self.counts: list[Count] = []
        self.about = _NO_DATA

    def add_to(self, columns: Columns) -> None:
        begun = self.begun
        if type(begun) is Handled:
            self._add_event(columns, begun)
        elif type(begun) is Dead and ".raw." in f".{begun.record.topic}":
            _add_dead(columns, begun)

    def _add_event(self, columns: Columns, handled: Handled) -> None:
        event, about = handled.event, self.about
        kind = event.type
        names = (shown(kind.text), shown(kind.resource), shown(about.provider), shown(about.source_type))
        _add(columns, handled.raw_topic, handled.delivery, (event.owner_id, *names, "", ""), _span(about.extent))
        entities, counted = _verdicts(self.judged)
        columns.add_entities(entities)
        columns.add_tallies("verdicts", "verdict_names", "verdict_counts", counted)
        clean, steps = _outcome(self.counts)
        columns.add_tallies("clean", "clean_topics", "clean_counts", clean)
        columns.add_steps(steps)


def _verdicts(judged: Sequence[Judged]) -> tuple[list[tuple[str, str, Sequence[str]]], dict[str, int]]:
    """(id, verdict, changed fields) of the first entities, and how many others and samples have each verdict."""
    entities: list[tuple[str, str, Sequence[str]]] = []
    counted: dict[str, int] = {}
    for _, _, verdict, n, id, changed in judged:
        if id and len(entities) < ENTITIES_MAX:
            entities.append((id, verdict, [*map(shown, changed)] if changed else ()))
        else:
            counted[verdict] = counted.get(verdict, 0) + n
    return entities, counted


def _outcome(counts: Iterable[Count]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """How many records were emitted to each clean topic; rules whose alerts moved, and how."""
    clean: dict[str, int] = {}
    steps: list[tuple[str, str]] = []
    for name, n in counts:
        if name[0] == "clean_records":
            clean[name[1]] = clean.get(name[1], 0) + n
        elif name[0] == "alert_records" and len(steps) < STEPS_MAX:
            steps.append((name[1], name[2]))
    return clean, steps


def _add_dead(columns: Columns, dead: Dead) -> None:
    record, rejection = dead
    kind = parse_type(header(record.headers, H_TYPE)[:ID_CHARS_MAX])
    owner = header(record.headers, H_PARTITION_KEY)[:ID_CHARS_MAX]
    names = (
        owner,
        shown(kind.text),
        shown(kind.resource),
        "",
        "",
        str(rejection.reason),
        rejection.detail[:DETAIL_CHARS_MAX],
    )
    raw_topic = record.topic[record.topic.index("raw.") :]
    _add(columns, raw_topic, provenance_of(record), names, _NO_SPAN)
    columns.add_entities(())
    columns.add_tallies("verdicts", "verdict_names", "verdict_counts", {})
    columns.add_tallies("clean", "clean_topics", "clean_counts", {})
    columns.add_steps(())


def _add(
    columns: Columns, raw_topic: str, delivery: Provenance, names: tuple[str, ...], span: tuple[int, int, int, int]
) -> None:
    owner, kind, resource, provider, source_type, reason, detail = names
    words = (
        *(raw_topic, delivery.redriven_from, owner, kind, resource, delivery.door, delivery.origin),
        *(delivery.backfill_id, provider, source_type, reason, detail),
    )
    columns.add(delivery.id, words, (delivery.offset, delivery.created_ms or 0, delivery.received_ms or 0, *span))


def _span(extent: EventExtent | None) -> tuple[int, int, int, int]:
    """First and last moment, first and last local day."""
    if extent is None:
        return _NO_SPAN
    return extent.first_us, extent.last_us, min(extent.days), max(extent.days)
