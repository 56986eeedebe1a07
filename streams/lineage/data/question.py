"""What is asked of a user's data, which rows answer it, and whose originals have to be read for it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streams.events import Kind, resources
from streams.events.times import DAY_MS
from streams.lineage.data import touching
from streams.lineage.data.days import LocalDay
from streams.lineage.data.moments import Hour
from streams.lineage.row import LineageRow

STEPS_MAX = 200  # deliveries that are told, the newest
ORIGINALS_MAX = 500
DEAD_MS = 2 * DAY_MS  # after the day asked for: what a dead letter is about is in its body alone


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuestion:
    """`day`, `entity`, `at_ms`: only what is of it; None and "" for all. `at_ms`: Unix ms."""

    user_id: str
    resource: str
    day: LocalDay | None = None
    entity: str = ""
    at_ms: int | None = None
    show_values: bool = False

    @property
    def is_of_samples(self) -> bool:
        row = resources.get(self.resource)
        return row is not None and row.kind is Kind.TIMESERIES

    @property
    def hour(self) -> Hour | None:
        """The hour whose samples are looked at; None where no moment is asked for, or of what has no samples."""
        return Hour(self.at_ms * 1000) if self.at_ms is not None and self.is_of_samples else None

    @property
    def of_what(self) -> str:
        """`sleep of 2026-11-28 in UTC`."""
        day = f" of {self.day.words}" if self.day else ""
        return f"{self.resource}{day}{f' ({self.entity})' if self.entity else ''}"

    def answer(self, rows: Iterable[LineageRow]) -> tuple[LineageRow, ...]:
        """Rows that are of it, in the order of processing."""
        return tuple(row for row in touching.in_order(rows) if self._is_of_it(row))

    def _is_of_it(self, row: LineageRow) -> bool:
        if row.is_dead:
            return not self.entity and self._may_be_of_it(row)
        if self.day is not None and not touching.is_of_day(row, self.day):
            return False
        if self.at_ms is not None and not self._is_of_moment(row, self.at_ms):
            return False
        return not self.entity or touching.is_of_entity(row, self.entity)

    def _is_of_moment(self, row: LineageRow, at_ms: int) -> bool:
        if self.hour is not None:
            return self.hour.touched_by(row)
        return touching.is_of_moment(row, at_ms * 1000, at_ms * 1000 + 1)

    def is_sure(self, row: LineageRow) -> bool:
        """Of a row of the answer, whether it is of it: which day a dead letter is of, is in its body alone."""
        return not row.is_dead or (self.day is None and self.at_ms is None)

    @property
    def since_ms(self) -> int | None:
        """Since when deliveries of it may have come, Unix ms; None where no time is asked for."""
        asked_ms = (self.day.from_ms if self.day else None, self.at_ms)
        return min((one for one in asked_ms if one is not None), default=None)

    def _may_be_of_it(self, row: LineageRow) -> bool:
        """Of a dead letter: whether it came when what is asked for may have come."""
        if self.day is not None:
            return self.day.from_ms <= touching.came_ms(row) < self.day.until_ms + DEAD_MS
        return self.at_ms is None or self.at_ms <= touching.came_ms(row) < self.at_ms + DEAD_MS

    def folded(self, rows: Iterable[LineageRow], answer: Sequence[LineageRow]) -> tuple[LineageRow, ...]:
        """Those of an answer, and by what else it is judged what this build says of them, in the order of processing:
        all of the hour, or of the same summaries before, also those of another day. `rows`: all that are known."""
        if self.hour is not None:
            return touching.in_order((*answer, *filter(self.hour.touched_by, rows)))
        if self.is_of_samples or not answer:
            return tuple(answer)
        ids, last = {line.id for row in answer for line in row.entities}, touching.when(answer[-1])
        mine = (row for row in rows if touching.when(row) < last and any(line.id in ids for line in row.entities))
        return touching.in_order((*answer, *mine))

    def wanted(self, rows: Iterable[LineageRow]) -> tuple[LineageRow, ...]:
        """Whose originals are needed, the newest ORIGINALS_MAX. `rows`: those that are folded."""
        if self.is_of_samples and self.hour is None:
            return tuple(row for row in rows if row.is_dead)[-ORIGINALS_MAX:]
        return tuple(row for row in rows if not touching.is_notice(row))[-ORIGINALS_MAX:]
