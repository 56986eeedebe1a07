"""Lineage against the model: each raw record that was processed has exactly one row, and it says what became of it.

Left out: when and by whom it was processed, and what depends on how raw topics interleave: verdicts on connections and
backfills, and how many records went to topics that others write to as well.
"""

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from streams.events import topics
from streams.lineage.columns import rows_of
from streams.lineage.row import LineageRow
from tests.chaos.model import Model
from tests.chaos.reading import Found

_SHARED = frozenset({topics.CONNECTIONS, topics.BACKFILLS, topics.DRIFT, topics.PREFERENCES, topics.FETCH_JOBS})
_INTERLEAVED = frozenset({"raw.connections", "raw.backfills"})


def rows(found: Found) -> list[LineageRow]:
    """All committed rows."""
    return [row for message, record in found.lineage for row in rows_of(record, message.partition())]


def check(findings: Any, found: Found, model: Model) -> None:
    """Add what is wrong. `findings`: those of the verifier."""
    there = rows(found)
    times = Counter(row.place for row in there)
    for row in there:
        wanted = model.rows.get(row.place)
        if wanted is None:
            findings.note("wrong", "lineage", row.place)
        elif _said(row) != _said(wanted):
            findings.note("wrong", f"lineage {row.place}", _differences(row, wanted))
    for place in model.rows:
        if not times[place]:
            findings.note("lost", "lineage", place)
        elif times[place] > 1:
            findings.note("repeated", "lineage", place, times[place] - 1)
    findings.checked["lineage rows"] = len(there)


def _said(row: LineageRow) -> Hashable:
    is_interleaved = row.raw_topic in _INTERLEAVED
    return replace(
        row, processed_ms=0, worker="", version="", alerts=(),
        entities=() if is_interleaved else row.entities,
        counted=() if is_interleaved else row.counted,
        clean=tuple(sorted(one for one in row.clean if one.name not in _SHARED)),
    )  # fmt: skip


def _differences(one: LineageRow, other: LineageRow) -> list[str]:
    """Names of the fields, never what they hold."""
    return [name for name in LineageRow.__slots__ if getattr(_said(one), name) != getattr(_said(other), name)]
