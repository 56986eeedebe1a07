"""From episodes to alerts with a life: opened, updated, resolved. What was told before is compared, never repeated.

Episodes follow from all that is known now; `Told` is what the world heard. Where the two differ a transition leaves.
An alert keeps its id for life, also when late data move its beginning; a new episode that touches none gets a new one,
made from user, rule and the time of the first evidence: a replay makes the same.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from streams.alerts.episodes.record_view import Evidence
from streams.alerts.episodes.state_machine import Episode, How
from streams.alerts.rules.rule import Kind, Rule, Severity
from streams.events import key_parts

TOLD_MAX = 16  # of one rule and user


class Life(StrEnum):
    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"


class Proof(NamedTuple):
    """One piece of evidence: a time and where it was said. `value` leaves only where the rule says so."""

    time_us: int
    evidence: Evidence
    value: float | None = None


class Told(NamedTuple):
    """An alert as the world knows it. `reminded_us`: data time of the newest mark beyond that was spoken of.

    Kind, topic and severity are those of the rule, which may be gone when the alert ends.
    """

    id: str
    first_us: int
    opened_us: int
    revision: int = 1
    subject: str = ""
    ended_us: int | None = None
    how: How | None = None
    reminded_us: int = 0
    proofs: tuple[Proof, ...] = ()
    bound: float | None = None
    kind: Kind = Kind.EVENT
    topic: str = ""
    severity: Severity = Severity.WARNING

    def touches(self, episode: Episode) -> bool:
        """Whether both speak of the same: a common moment, and the same subject."""
        return (
            self.subject == episode.subject
            and (episode.ended_us is None or self.first_us <= episode.ended_us)
            and (self.ended_us is None or episode.first_us <= self.ended_us)
        )


class Transition(NamedTuple):
    life: Life
    alert: Told


def alert_id(user_id: str, rule: str, first_us: int, subject: str) -> str:
    """32 hex digits that name an alert wherever and whenever it is found."""
    parts = key_parts.join("\0", (user_id, rule, str(first_us), subject))
    return blake2b(parts.encode(), digest_size=16).hexdigest()


class Teller(NamedTuple):
    """How an episode becomes an alert. `may_open`: whether it may be told now; `prove`: its evidence."""

    user_id: str
    rule: Rule
    may_open: Callable[[Episode], bool]
    prove: Callable[[Episode], tuple[Proof, ...]]
    is_final: Callable[[Told], bool]  # nothing that can still come changes it


def reconcile(told: Sequence[Told], episodes: Iterable[Episode], teller: Teller) -> tuple[list[Told], list[Transition]]:
    """(what is told now, in the order of beginning, transitions on the way)."""
    now, transitions = list[Told](), list[Transition]()
    found, left = _matched(told, sorted(episodes), teller)
    for episode, known in found:
        if known is None:
            if not teller.may_open(episode):
                continue
            known = _new(episode, teller)
            transitions.append(Transition(Life.OPENED, known))
        after, life = _compared(known, episode, teller)
        now.append(after)
        if life:
            transitions.append(Transition(life, after))
    for one in left:
        if one.how is How.CORRECTED or teller.is_final(one):
            now.append(one)
        else:
            now.append(closed(one, one.ended_us or one.opened_us, How.CORRECTED))
            transitions.append(Transition(Life.RESOLVED, now[-1]))
    return sorted(now, key=_began), transitions


def _matched(
    told: Iterable[Told], episodes: Sequence[Episode], teller: Teller
) -> tuple[list[tuple[Episode, Told | None]], list[Told]]:
    """(each episode with the alert that speaks of it, alerts left over).

    The alert of that very id first, also one that was taken back: no id is ever used twice. Then one that touches.
    """
    left = {one.id: one for one in told}
    found = [left.pop(_id(teller, episode), None) for episode in episodes]
    for place, episode in enumerate(episodes):
        if found[place] is None:
            touching = (one for one in left.values() if one.how is not How.CORRECTED and one.touches(episode))
            if known := next(touching, None):
                found[place] = left.pop(known.id)
    return list(zip(episodes, found, strict=True)), list(left.values())


def _id(teller: Teller, episode: Episode) -> str:
    return alert_id(teller.user_id, teller.rule.name, episode.first_us, episode.subject)


def _began(told: Told) -> tuple[int, str]:
    return told.first_us, told.subject


def _new(episode: Episode, teller: Teller) -> Told:
    bound = teller.rule.bound if teller.rule.field else None
    return Told(
        _id(teller, episode), episode.first_us, episode.opened_us, 1, episode.subject, reminded_us=episode.beyond_us,
        proofs=teller.prove(episode), bound=bound, kind=teller.rule.kind, topic=teller.rule.topic,
        severity=teller.rule.severity,
    )  # fmt: skip


def _compared(known: Told, episode: Episode, teller: Teller) -> tuple[Told, Life | None]:
    """(the alert as the episode has it, what to call the difference)."""
    after, proofs = known, teller.prove(episode) or known.proofs
    if (episode.first_us, episode.opened_us, _shown(proofs, teller)) != (
        known.first_us, known.opened_us, _shown(known.proofs, teller)
    ):  # fmt: skip
        after = known._replace(first_us=episode.first_us, opened_us=episode.opened_us, proofs=proofs)
    is_over_before, is_over = known.ended_us is not None, episode.ended_us is not None
    if is_over and (known.ended_us, known.how) != (episode.ended_us, episode.how):
        return _next(after, ended_us=episode.ended_us, how=episode.how), Life.RESOLVED
    if is_over_before and not is_over:
        return _next(after, ended_us=None, how=None), Life.OPENED
    if after != known:
        return _next(after, ended_us=known.ended_us, how=known.how), Life.RESOLVED if is_over else Life.UPDATED
    remind_us = teller.rule.remind_us
    if remind_us and not is_over and episode.beyond_us >= known.reminded_us + remind_us:
        return _next(after._replace(reminded_us=episode.beyond_us), ended_us=None, how=None), Life.UPDATED
    return known, None


def _shown(proofs: Sequence[Proof], teller: Teller) -> list[tuple[int, str, str, str, float | None]]:
    """What evidence says. Not in which delivery: a sample may be told the same twice, and each is as good a proof."""
    has_values = teller.rule.has_values
    return [
        (time_us, said.provider, said.source_type, said.entity, value if has_values else None)
        for time_us, said, value in proofs
    ]


def _next(told: Told, *, ended_us: int | None, how: How | None) -> Told:
    return told._replace(revision=told.revision + 1, ended_us=ended_us, how=how)


def closed(told: Told, at_us: int, how: How) -> Told:
    """The alert, over."""
    return _next(told, ended_us=at_us, how=how)
