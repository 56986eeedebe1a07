"""Summaries folded again, one delivery after the other: what this build judges, what differs between versions. Pure.

The state before the first delivery that is known is not known. So a delivery that was NEW begins from nothing, one that
was CHANGED or CONFLICT replaced whatever was there, and only what comes behind such a one is judged. An original that
has gone ends that, unless it was STALE and changed nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from streams.lineage.data.originals import NOT_READ, OriginalRead, Reads, Repetitions
from streams.lineage.data.touching import key_of
from streams.lineage.observed import shown
from streams.lineage.row import EntityLine, LineageRow
from streams.payloads import Summary, to_json
from streams.payloads.drift import ODD
from streams.payloads.summary import state_parts
from streams.tables import EMITTED, NEVER_US, EntityVerdict, Verdict, Version, is_ahead, signed_hash
from streams.tables.readings import SummaryReading
from streams.tables.summaries import SummaryForm
from streams.tables.verdicts import judge


class FieldDiff(NamedTuple):
    """One field of two versions. `before`, `after`: values of a body as it was decoded, None where it has none."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTold:
    """A delivery of a summary. `against`: the delivery whose version was the newest until then, None where there was
    none, or where that is not known.

    `judged`: what this build says of it; None where the state before is not known. `line`: what the row says.
    """

    row: LineageRow
    entity: str
    line: EntityLine | None
    judged: EntityVerdict | None = None
    against: LineageRow | None = None
    diffs: tuple[FieldDiff, ...] = ()

    @property
    def is_otherwise(self) -> bool:
        """Whether this build judges otherwise than the row says."""
        if self.judged is None or self.line is None:
            return False
        if self.judged.verdict != self.line.verdict:
            return True
        names = tuple(map(shown, self.judged.changed_fields))
        return names[: len(self.line.changed_fields)] != self.line.changed_fields or len(names) != self.line.n_changed


@dataclass(slots=True)
class _Entity:
    """What is known of one summary while its deliveries are folded. `name`: its id as rows have it; `state`: as the
    worker's table has it; `newest`: its newest version, None for unknown."""

    name: str
    state: bytes | None = None
    is_known: bool = False
    newest: tuple[LineageRow, Summary] | None = None


class VersionFold:
    """Deliveries of a user and resource, folded in the order of the log."""

    def __init__(self) -> None:
        self._entities: dict[tuple[str, ...], _Entity] = {}
        self._repetitions = Repetitions()

    def all(self, rows: Iterable[LineageRow], reads: Reads) -> Iterator[VersionTold]:
        """One for each summary that can be read. `rows`: in the order of processing."""
        for row in rows:
            if row.is_dead:  # nothing of it is in the tables
                continue
            found = reads.get(key_of(row), NOT_READ)
            if not isinstance(found, OriginalRead):
                self._lose(row)
            elif type(found.reading) is SummaryReading and not self._repetitions.has(found.delivery):
                yield self._fold(found, found.reading.entity)

    def _lose(self, row: LineageRow) -> None:
        """Nobody knows any more what this delivery said, so nor what the state was behind it."""
        verdicts = {line.id: line.verdict for line in row.entities}
        for entity in self._entities.values():
            verdict = verdicts.get(entity.name, Verdict.STALE)
            entity.is_known = entity.is_known and verdict == Verdict.STALE
            entity.newest = None if verdict in EMITTED else entity.newest

    def _fold(self, found: OriginalRead, summary: Summary) -> VersionTold:
        row, line = found.row, _line_of(found.row, summary)
        entity = self._entities.setdefault(tuple(state_parts(summary)), _Entity(line.id if line else summary.id))
        told = VersionTold(row=row, entity=summary.id, line=line, judged=_judged(entity, line, found, summary))
        if entity.newest is not None:
            against, other = entity.newest
            told = replace(told, against=against, diffs=differences(other, summary))
        verdict = told.judged.verdict if told.judged else line.verdict if line else ""
        if verdict in EMITTED or (verdict == Verdict.SAME and entity.newest is None):
            entity.newest = (row, summary)
        return told


def _line_of(row: LineageRow, summary: Summary) -> EntityLine | None:
    """What a row says of a summary, whose id it may not hold."""
    lines = {line.id: line for line in row.entities}
    return lines.get(summary.id) or lines.get(ODD)


def _judged(entity: _Entity, line: EntityLine | None, found: OriginalRead, summary: Summary) -> EntityVerdict | None:
    """What this build says, where the state before is known; the state is moved on."""
    form, version, content = _version(found, summary)
    verdict = line.verdict if line else ""
    if not entity.is_known and verdict in EMITTED and verdict != Verdict.NEW:
        entity.state, entity.is_known = form.row(version, content), True
        return None
    if not entity.is_known and verdict != Verdict.NEW:
        return None
    judged = judge(entity.state if entity.is_known else None, version, content, form)
    entity.state, entity.is_known = judged.state or entity.state, True
    return judged


def _version(found: OriginalRead, summary: Summary) -> tuple[SummaryForm, Version, bytes]:
    """A summary as the worker compares it. An `updated_at` well after its own delivery is no version."""
    at_ms, updated_at_us = found.delivery.at_ms, summary.updated_at_us
    if updated_at_us is not None and is_ahead(updated_at_us, at_ms):
        updated_at_us = None
    content = to_json(summary.content)
    version = Version(NEVER_US if updated_at_us is None else updated_at_us, at_ms, signed_hash(content))
    return SummaryForm(summary, "", found.delivery), version, content


def differences(before: Summary, after: Summary) -> tuple[FieldDiff, ...]:
    """Fields of the content that were added, removed or changed, by name."""
    old, new = _texts(before.content), _texts(after.content)
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return tuple(FieldDiff(name, before.content.get(name), after.content.get(name)) for name in names)


def _texts(content: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: to_json(value) for name, value in content.items()}
