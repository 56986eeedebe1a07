"""What folds noted in a draft, as the columns of lineage: a row for each raw record. Pure.

Everything behind a `Handled` belongs to its record, up to the next one, a dead letter, or `ASIDE`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

from streams.events import H_PARTITION_KEY, H_TYPE, Family, header, parse_type
from streams.events.text import ID_CHARS_MAX
from streams.lineage.columns import ENTITIES_MAX, STEPS_MAX, Columns, Entity
from streams.payloads import FLOATING_PROVIDERS
from streams.payloads.drift import ODD
from streams.tables import ASIDE, EventExtent, provenance_of
from streams.tables.outputs import About, Count, Dead, Handled, Judged, Measurement

DETAIL_CHARS_MAX = 256
_RAW = "raw."  # topics of raw records begin so behind the prefix, which may hold it itself
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_.:~/|%=-]{1,256}", re.ASCII)
_NO_DATA = About("", "", None)
_NO_SPAN = (0, 0, 0, 0)
_NOTHING: Measurement = ASIDE


@lru_cache(maxsize=4096)
def shown(name: str) -> str:
    """A name that an event brought, as lineage may hold it: itself, or ODD where it may be a value."""
    return name if not name or _NAME.fullmatch(name) else ODD


def columns_of(measurements: Iterable[Measurement], prefix: str) -> Iterator[Columns]:
    """The rows of one draft, in records of at most ROWS_MAX. `prefix`: of our topics."""
    raw = f"{prefix}.{_RAW}"
    columns, begun = Columns(), _NOTHING  # this is the path of every record
    judged, counts, about = list[Judged](), list[Count](), _NO_DATA
    for one in chain(measurements, (_NOTHING,)):
        kind = type(one)  # half the time of `match`
        if kind is Judged:
            judged.append(one)  # type: ignore[arg-type]  # because mypy does not narrow by `kind`
        elif kind is Count:
            counts.append(one)  # type: ignore[arg-type]  # because mypy does not narrow by `kind`
        elif kind is About:
            about = one  # type: ignore[assignment]  # because mypy does not narrow by `kind`
        else:
            if type(begun) is Handled:
                _add_event(columns, begun, judged, counts, about)
            elif type(begun) is Dead and begun.record.topic.startswith(raw):
                _add_dead(columns, begun, begun.record.topic.removeprefix(f"{prefix}."))
            if columns.is_full:
                yield columns
                columns = Columns()
            begun, about = one, _NO_DATA
            judged.clear()
            counts.clear()
    if columns:
        yield columns


def _add_event(
    columns: Columns, handled: Handled, judged: Sequence[Judged], counts: Sequence[Count], about: About
) -> None:
    raw_topic, event, delivery = handled
    provider, source_type, extent = about
    kind = event.type
    first_us, last_us, first_day, last_day = _span(extent)
    if kind.family is Family.TIMESERIES and not (extent and extent.says_offset) and provider not in FLOATING_PROVIDERS:
        first_day = last_day = 0  # which day it was where the user is, is not known
    row = (
        delivery.id, raw_topic, delivery.redriven_from, event.owner_id, shown(kind.text), shown(kind.resource),
        delivery.door, delivery.origin, delivery.backfill_id, shown(provider), shown(source_type), "", "",
        delivery.offset, delivery.created_ms or 0, delivery.received_ms or 0, first_us, last_us, first_day, last_day,
    )  # fmt: skip
    columns.add(row, *_verdicts(judged), *_outcome(counts))


def _verdicts(judged: Sequence[Judged]) -> tuple[Sequence[Entity], Sequence[tuple[str, int]]]:
    """The first entities; and how many others, or samples, have each verdict."""
    if len(judged) == 1:
        (one,) = judged
        return ([_entity(one)], ()) if one.id else ((), [(one.verdict, one.n)])
    named = [one for one in judged if one.id]
    counted: dict[str, int] = {}
    for one in chain((one for one in judged if not one.id), named[ENTITIES_MAX:]):
        counted[one.verdict] = counted.get(one.verdict, 0) + one.n
    return [*map(_entity, named[:ENTITIES_MAX])], [*counted.items()]


def _entity(judged: Judged) -> Entity:
    changed = judged.changed_fields
    id = judged.id if _ID.fullmatch(judged.id) else ODD  # one that is made of a body's words may hold any
    return id, judged.verdict, [*map(shown, changed)] if changed else ()


def _outcome(counts: Iterable[Count]) -> tuple[Sequence[tuple[str, int]], Sequence[tuple[str, str]]]:
    """How many records were emitted to each clean topic; rules whose alerts moved, and how."""
    clean: dict[str, int] = {}
    steps: list[tuple[str, str]] = []
    for name, n in counts:
        if name[0] == "clean_records":
            clean[name[1]] = clean.get(name[1], 0) + n
        elif name[0] == "alert_records":
            steps.append((name[1], name[2]))
    return [*clean.items()], steps[:STEPS_MAX]


def _add_dead(columns: Columns, dead: Dead, raw_topic: str) -> None:
    record, rejection = dead
    delivery = provenance_of(record)
    kind = parse_type(header(record.headers, H_TYPE)[:ID_CHARS_MAX])
    owner = header(record.headers, H_PARTITION_KEY)[:ID_CHARS_MAX]
    row = (
        *(delivery.id, raw_topic, delivery.redriven_from, owner, shown(kind.text), shown(kind.resource)),
        *(delivery.door, delivery.origin, delivery.backfill_id, "", ""),
        *(str(rejection.reason), rejection.detail[:DETAIL_CHARS_MAX]),
        *(delivery.offset, delivery.created_ms or 0, delivery.received_ms or 0, *_NO_SPAN),
    )
    columns.add(row)


def _span(extent: EventExtent | None) -> tuple[int, int, int, int]:
    """First and last moment, first and last local day."""
    if extent is None:
        return _NO_SPAN
    first_us, last_us, days, _ = extent
    if len(days) == 1:
        (day,) = days
        return first_us, last_us, day, day
    return first_us, last_us, min(days), max(days)
