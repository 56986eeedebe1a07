"""Which of several sources' summaries of a day is preferred.

The row of a day names the sources that have summaries of a resource then, and the one that the emitted records call
preferred. Where that changes, the summaries that lose or gain by it are emitted again (`summary_repeats`).
"""

from streams.agents.steps.incoming import Incoming
from streams.agents.steps.summary_repeats import TABLE, repeat
from streams.payloads import LocalTime, Summary
from streams.tables import Maker, Rivals, sources, state_key
from streams.tables.summaries import Place

WHOLE = "whole"  # the day of what belongs to none: a profile


def day_of(entity: Summary, place: LocalTime) -> str:
    """The day on which a summary is compared with others; "" if it is not."""
    if entity.event.type.resource == "profile":
        return WHOLE
    return "" if place.day is None or entity.event.type.resource == "workout_stream" else str(place.day)


def prefer(incoming: Incoming, entity: Summary, before: Place | None, day: str) -> bool | None:
    """Whether this entity's source is preferred on its day now; None where nothing is compared.

    For a version that has become the newest. `before`: where the version before it stood. Others that lose or gain by
    it are emitted again.
    """
    maker = Maker(entity.source.provider, entity.source.type)
    days = _Days(incoming, entity.id)
    if before is not None and before.day not in ("", day):
        days.change(before.day, before.maker, None)
    if not day:
        return None
    old = before.maker if before is not None and before.day == day else None
    return days.change(day, old, maker) == maker


class _Days:
    """The rows of the days of one resource and user, as one entity moves in them."""

    def __init__(self, incoming: Incoming, id: str) -> None:
        self._incoming, self._id = incoming, id

    def change(self, day: str, old: Maker | None, new: Maker | None) -> Maker | None:
        """The entity has another source on that day, or none; returns the preferred one."""
        draft, _, policy, event, _ = self._incoming
        key = state_key(event.user_id, event.type.resource, "", "day", day)
        row = sources.decode(draft.get(TABLE, key))
        if old == new and row.preferred is not None:
            return row.preferred
        after = row if old is None else row.removing(old, self._id)
        after = (after if new is None else after.adding(new, self._id)).ranked(policy)
        if after != row:
            draft.put(TABLE, key, sources.encode(after))
        if row.preferred is not None and after.preferred != row.preferred:
            self._repeat_neighbours(row.preferred, after)
        return after.preferred

    def _repeat_neighbours(self, lost: Maker, row: Rivals) -> None:
        self._incoming.draft.count("preference_changes", self._incoming.event.type.resource)
        for maker in filter(None, (lost, row.preferred)):
            for id in row.of(maker):
                if id != self._id:
                    repeat(self._incoming, id, is_preferred=maker == row.preferred)
