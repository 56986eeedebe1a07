"""Occurrences of an event: each is an episode of its own, until it is over, corrected, or old."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.episodes.provenance import Provenance
from streams.alerts.episodes.record_view import RecordView
from streams.alerts.rules import Rule, fields
from streams.events import EPOCH, MICRO

OCCURRENCES_MAX = 32


class Occurrence(NamedTuple):
    """One match of an event rule. `ended_us`: of a state, when another one was reported."""

    time_us: int
    subject: str
    provenance: Provenance
    ended_us: int | None = None


def updated(
    rule: Rule, known: Sequence[Occurrence], view: RecordView, *, is_so: bool, since_us: int
) -> list[Occurrence]:
    """The occurrences after a record. `is_so`: it matches the rule. `since_us`: older samples are no new ones."""
    if fields.is_series(rule.topic):
        return _samples(known, view, since_us if is_so else None)
    if rule.topic in fields.STATES:
        return _state(known, view, is_so)
    others = [one for one in known if one.subject != view.subject]
    return _newest([*others, Occurrence(view.time_us, view.subject, view.provenance)] if is_so else others)


def subjects(rule: Rule, view: RecordView) -> set[str]:
    """Subjects of a record."""
    return set(map(_text, view.record["times"])) if fields.is_series(rule.topic) else {view.subject}


def _samples(known: Sequence[Occurrence], view: RecordView, since_us: int | None) -> list[Occurrence]:
    """One of the same time and source replaces the one before; another source's is another. None: they are none."""
    times, source = set(view.record["times"]), view.provenance[:2]
    said = {one.time_us for one in known if one.time_us in times and one.provenance[:2] == source}
    others = [one for one in known if one.time_us not in said or one.provenance[:2] != source]
    so = [] if since_us is None else [time_us for time_us in times if time_us >= since_us or time_us in said]
    return _newest([*others, *(Occurrence(time_us, _text(time_us), view.provenance) for time_us in so)])


def _text(time_us: int) -> str:
    """The subject of a sample: its time, exact, because it is an identity."""
    return (EPOCH + time_us * MICRO).isoformat().replace("+00:00", "Z")


def _state(known: Sequence[Occurrence], view: RecordView, is_so: bool) -> list[Occurrence]:
    """The newest record of a state ends what was reported before, unless it reports the same again."""
    is_open = any(one.subject == view.subject and one.ended_us is None for one in known)
    if is_so and is_open:
        return list(known)
    ended = [
        one._replace(ended_us=max(view.time_us, one.time_us))
        if one.subject == view.subject and one.ended_us is None and not is_so
        else one
        for one in known
    ]
    return _newest([*ended, Occurrence(view.time_us, view.subject, view.provenance)] if is_so else ended)


def _newest(known: list[Occurrence]) -> list[Occurrence]:
    return sorted(known)[-OCCURRENCES_MAX:]


def fresh(rule: Rule, known: Sequence[Occurrence], clock_us: int) -> list[Occurrence]:
    """Without those that are over and too old to matter."""
    horizon_us = clock_us - rule.max_age_us - rule.cooldown_us - rule.resolve_after_us
    is_state = rule.topic in fields.STATES
    return [
        one for one in known if (is_state and one.ended_us is None) or max(one.time_us, one.ended_us or 0) >= horizon_us
    ]


def episodes(rule: Rule, known: Sequence[Occurrence], until_us: int) -> Iterator[Episode]:
    """Only the first counts within a cool-down, and of two sources that report the same."""
    last_us, known_times = None, set[tuple[str, int]]()
    for one in sorted(known):
        if last_us is not None and one.time_us < last_us + rule.cooldown_us:
            continue
        if (one.subject, one.time_us) in known_times:
            continue
        known_times.add((one.subject, one.time_us))
        last_us = one.time_us
        ended_us, resolution = one.ended_us, Resolution.CLEARED if one.ended_us is not None else None
        over_us = one.time_us + rule.resolve_after_us
        if ended_us is None and rule.resolve_after_us and until_us > over_us:
            ended_us, resolution = over_us, Resolution.EXPIRED
        yield Episode(one.time_us, one.time_us, one.time_us, (), ended_us, resolution, one.subject)
