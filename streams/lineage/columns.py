"""Lineage rows as the columns of a record of `junction.lineage` (Lineage.avsc), and back. Pure.

Words that repeat (owners, topics, verdicts, names) stand once in a record, and columns name them by their place: a row
takes a third of the bytes of a record of its own, and half of the time to write.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from streams.lineage.row import AlertStep, EntityLine, LineageRow, Tally

ROWS_MAX = 2_000  # of one record
BYTES_MAX = 512 * 1024  # of one record, about; one row has less than a fifth of that
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
_LISTS = (
    *("entities", "entity_ids", "entity_verdicts", "entity_changes", "changed_names"),
    *("verdicts", "verdict_names", "verdict_counts"),
    *("clean", "clean_topics", "clean_counts", "alerts", "alert_rules", "alert_steps"),
)


class Columns:
    """Rows of one partition, as they are added. `size_bytes`: about, of the record."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {"": 0}
        self.ids: list[str] = []
        self.words: dict[str, list[int]] = {name: [] for name in _WORDS}
        self.numbers: dict[str, list[int]] = {name: [] for name in _NUMBERS}
        self.lists: dict[str, list[Any]] = {name: [] for name in _LISTS}
        self.size_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether the next row belongs to another record."""
        return len(self.ids) >= ROWS_MAX or self.size_bytes >= BYTES_MAX

    def place(self, word: str) -> int:
        """The place of a word; a new one behind the others."""
        found = self._places.get(word)
        if found is None:
            found = self._places[word] = len(self._places)
            self.size_bytes += len(word) + 2
        return found

    def add(self, id: str, words: Sequence[str], numbers: Sequence[int]) -> None:
        """The part of a row that is of one size: in the order of `_WORDS` and of `_NUMBERS`."""
        self.ids.append(id)
        self.size_bytes += len(id) + _ROW_BYTES
        places, place = self._places, self.place
        for column, word in zip(self.words.values(), words, strict=True):
            found = places.get(word)
            column.append(place(word) if found is None else found)
        for column, number in zip(self.numbers.values(), numbers, strict=True):
            column.append(number)

    def add_entities(self, entities: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        """(id, verdict, changed fields) of the entities of the row that was added last: ENTITIES_MAX at most."""
        lists, place, n = self.lists, self.place, 0
        for id, verdict, changed in entities:
            n += 1
            lists["entity_ids"].append(id)
            lists["entity_verdicts"].append(place(verdict))
            lists["entity_changes"].append(len(changed))
            lists["changed_names"] += map(place, changed[:NAMES_MAX])
            self.size_bytes += len(id) + 4 + 2 * len(changed[:NAMES_MAX])
        lists["entities"].append(n)

    def add_tallies(self, name: str, names: str, counts: str, tallies: Mapping[str, int]) -> None:
        """Entries of the row that was added last. `name`: column of how many there are."""
        lists = self.lists
        lists[name].append(len(tallies))
        if tallies:
            lists[names] += map(self.place, tallies)
            lists[counts] += tallies.values()

    def add_steps(self, steps: Sequence[tuple[str, str]]) -> None:
        """(rule, step) of alerts that the row that was added last moved."""
        lists = self.lists
        lists["alerts"].append(len(steps))
        for rule, step in steps:
            lists["alert_rules"].append(self.place(rule))
            lists["alert_steps"].append(self.place(step))

    def record(self, processed_ms: int, worker: str, version: str) -> dict[str, Any]:
        """The record, for the codec."""
        head = {"processed_at": processed_ms, "worker": worker, "version": version, "words": list(self._places)}
        return head | {"delivery_ids": self.ids} | self.words | self.numbers | self.lists


def record_of(rows: Iterable[LineageRow]) -> dict[str, Any]:
    """Rows of one partition and worker as one record, as a worker writes it. Raises ValueError for no rows."""
    columns, last = Columns(), None
    for last in rows:
        words = [getattr(last, field) for field in _WORDS.values()]
        columns.add(last.delivery_id, words, [getattr(last, field) for field in _NUMBERS.values()])
        columns.add_entities((one.id, one.verdict, _padded(one)) for one in last.entities)
        columns.add_tallies("verdicts", "verdict_names", "verdict_counts", {one.name: one.n for one in last.counted})
        columns.add_tallies("clean", "clean_topics", "clean_counts", {one.name: one.n for one in last.clean})
        columns.add_steps(last.alerts)
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
