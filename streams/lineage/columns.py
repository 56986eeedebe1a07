"""Lineage rows as the columns of a record of `junction.lineage` (Lineage.avsc), and back. Pure.

Words that repeat (owners, topics, verdicts, names) stand once in a record, and columns name them by their place: a row
takes a third of the bytes of a record of its own, and half of the time to write.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from streams.lineage.row import AlertStep, EntityLine, LineageRow, Tally

ROWS_MAX = 2_000  # of one record
BYTES_MAX = (
    640 * 1024
)  # of one record, at most, and one row behind it; with both it is below the least that Kafka takes
ENTITIES_MAX = 50  # of a row that are named; the others are counted by verdict
NAMES_MAX = 20  # changed fields of an entity that are named
STEPS_MAX = 50  # of alerts, of a row
_ROW_BYTES = 64  # of a row, without its words and ids

# Column → field of LineageRow.
_WORDS = {
    "raw_topics": "raw_topic",
    "redriven_from": "redriven_from",
    "owners": "owner_id",
    "event_types": "event_type",
    "resources": "resource",
    "doors": "door",
    "origins": "origin",
    "backfills": "backfill_id",
    "providers": "provider",
    "source_types": "source_type",
    "reasons": "reason",
    "details": "detail",
}
_NUMBERS = {
    "offsets": "offset",
    "created_at": "created_ms",
    "received_at": "received_ms",
    "first_times": "first_us",
    "last_times": "last_us",
    "first_days": "first_day",
    "last_days": "last_day",
}
Entity = tuple[str, str, Sequence[str]]  # id, verdict, changed fields
_TEXTS = 1 + len(_WORDS)  # of a row: its id and its words, which stand before its numbers


class Columns:
    """Rows of one partition, as they are added. They become columns all at once, which is what keeps this cheap."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []  # id, words in the order of _WORDS, numbers in that of _NUMBERS
        self._sizes: list[tuple[int, int, int, int]] = []  # how many of the next four lists a row has
        self._entities: list[tuple[str, str, int]] = []
        self._verdicts: list[tuple[str, int]] = []
        self._clean: list[tuple[str, int]] = []
        self._steps: list[tuple[str, str]] = []
        self._names: list[str] = []  # of changed fields
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def is_full(self) -> bool:
        """Whether the next row belongs to another record."""
        return len(self._rows) >= ROWS_MAX or self._size_bytes >= BYTES_MAX

    def add(
        self,
        row: tuple[Any, ...],
        entities: Sequence[Entity] = (),
        verdicts: Sequence[tuple[str, int]] = (),
        clean: Sequence[tuple[str, int]] = (),
        steps: Sequence[tuple[str, str]] = (),
    ) -> None:
        """One row. `row`: the id, then the words in the order of `_WORDS`, then the numbers in that of `_NUMBERS`.

        `entities`: ENTITIES_MAX at most. `verdicts`, `clean`: how many have a verdict, went to a topic. `steps`: rules
        whose alerts moved, and how.
        """
        self._rows.append(row)
        self._sizes.append((len(entities), len(verdicts), len(clean), len(steps)))
        self._size_bytes += _ROW_BYTES + _bytes_of("".join(row[:_TEXTS]))
        for id, verdict, changed in entities:
            self._entities.append((id, verdict, len(changed)))
            self._size_bytes += _bytes_of(id) + 8
            if changed:
                named = changed[:NAMES_MAX]
                self._names += named
                self._size_bytes += _bytes_of("".join(named)) + 4 * len(named)
        self._verdicts += verdicts
        self._clean += clean
        self._steps += steps
        if steps:
            self._size_bytes += sum(_bytes_of(rule) + 8 for rule, _ in steps)

    def record(self, processed_ms: int, worker: str, version: str) -> dict[str, Any]:
        """The record, for the codec. There has to be a row."""
        ids, *values = zip(*self._rows, strict=True)
        words, numbers = values[: len(_WORDS)], values[len(_WORDS) :]
        entity_ids, entity_verdicts, changes = _transposed(self._entities, 3)
        verdicts, verdict_counts = _transposed(self._verdicts, 2)
        clean, clean_counts = _transposed(self._clean, 2)
        rules, steps = _transposed(self._steps, 2)
        named = [*words, entity_verdicts, self._names, verdicts, clean, rules, steps]
        places = {word: place for place, word in enumerate(dict.fromkeys(chain(("",), *named)))}
        *columns, entity_verdicts, names, verdicts, clean, rules, steps = (list(map(places.get, one)) for one in named)
        sizes = dict(zip(("entities", "verdicts", "clean", "alerts"), zip(*self._sizes, strict=True), strict=True))
        return {
            "processed_at": processed_ms,
            "worker": worker,
            "version": version,
            "words": list(places),
            "delivery_ids": ids,
            **dict(zip(_WORDS, columns, strict=True)),
            **dict(zip(_NUMBERS, numbers, strict=True)),
            "entity_ids": entity_ids,
            "entity_verdicts": entity_verdicts,
            "entity_changes": changes,
            "changed_names": names,
            "verdict_names": verdicts,
            "verdict_counts": verdict_counts,
            "clean_topics": clean,
            "clean_counts": clean_counts,
            "alert_rules": rules,
            "alert_steps": steps,
            **sizes,
        }


def _bytes_of(text: str) -> int:
    """As many as it takes in UTF-8, or more."""
    return len(text) if text.isascii() else 4 * len(text)


def _transposed(rows: Sequence[tuple[Any, ...]], width: int) -> Sequence[Sequence[Any]]:
    return tuple(zip(*rows, strict=True)) if rows else ((),) * width


def record_of(rows: Iterable[LineageRow]) -> dict[str, Any]:
    """Rows of one partition and worker as one record, as a worker writes it. Raises ValueError for no rows."""
    columns, last = Columns(), None
    for last in rows:
        row = (last.delivery_id, *(getattr(last, field) for field in (*_WORDS.values(), *_NUMBERS.values())))
        entities = [(one.id, one.verdict, _padded(one)) for one in last.entities]
        columns.add(row, entities, last.counted, last.clean, last.alerts)
    if last is None:
        raise ValueError("no rows")
    return columns.record(last.processed_ms, last.worker, last.version)


def _padded(entity: EntityLine) -> Sequence[str]:
    return (*entity.changed_fields, *[""] * (entity.n_changed - len(entity.changed_fields)))


def rows_of(record: Mapping[str, Any], partition: int) -> list[LineageRow]:
    """The rows of a record. `partition`: its own. Raises ValueError for columns that do not fit each other.

    Columns that are missing, of an older version, say that nothing is known.
    """
    try:
        return list(_rows(record, partition))
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"columns that do not fit each other ({type(error).__name__})") from None


def _rows(record: Mapping[str, Any], partition: int) -> Iterator[LineageRow]:
    words, ids = record["words"], record["delivery_ids"]
    n = len(ids)
    head = {
        "partition": partition,
        "processed_ms": record["processed_at"],
        "worker": record["worker"],
        "version": record["version"],
    }
    columns: dict[str, Sequence[Any]] = {
        field: [words[place] for place in _of(record, name, n)] for name, field in _WORDS.items()
    }
    columns |= {field: _of(record, name, n) for name, field in _NUMBERS.items()}
    names, values = list(columns), zip(*columns.values(), strict=True)
    entities, alerts = _entities(record, words, n), _steps(record, words, n)
    counted = _tallies(record, words, _of(record, "verdicts", n), "verdict_names", "verdict_counts")
    clean = _tallies(record, words, _of(record, "clean", n), "clean_topics", "clean_counts")
    for id, row, lines, verdicts, topics, steps in zip(ids, values, entities, counted, clean, alerts, strict=True):
        yield LineageRow(
            delivery_id=id, entities=lines, counted=verdicts, clean=topics, alerts=steps,
            **head, **dict(zip(names, row, strict=True)),
        )  # fmt: skip


def _of(record: Mapping[str, Any], name: str, n: int) -> Sequence[int]:
    column: Sequence[int] = record.get(name) or [0] * n
    if len(column) != n or (column and min(column) < 0 and name in _WORDS):
        raise IndexError
    return column


def _entities(record: Mapping[str, Any], words: Sequence[str], n: int) -> Iterator[tuple[EntityLine, ...]]:
    columns = (record.get(name) or () for name in ("entity_ids", "entity_verdicts", "entity_changes"))
    names = iter(record.get("changed_names") or ())
    lines = zip(*columns, strict=True)

    def line(id: str, verdict: int, n_changed: int) -> EntityLine:
        changed = islice(names, min(n_changed, NAMES_MAX))
        return EntityLine(id, words[verdict], tuple(words[one] for one in changed), n_changed)

    for size in _of(record, "entities", n):
        yield tuple(line(*one) for one in islice(lines, size))


def _tallies(
    record: Mapping[str, Any], words: Sequence[str], sizes: Iterable[int], names: str, counts: str
) -> Iterator[tuple[Tally, ...]]:
    entries = zip(record.get(names) or (), record.get(counts) or (), strict=True)
    for size in sizes:
        yield tuple(Tally(words[word], count) for word, count in islice(entries, size))


def _steps(record: Mapping[str, Any], words: Sequence[str], n: int) -> Iterator[tuple[AlertStep, ...]]:
    entries = zip(record.get("alert_rules") or (), record.get("alert_steps") or (), strict=True)
    for size in _of(record, "alerts", n):
        yield tuple(AlertStep(words[rule], words[step]) for rule, step in islice(entries, size))
