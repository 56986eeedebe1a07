"""From episodes to transitions of alerts."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.lives.alert import Alert, Evidence, Life, Transition, alert_id, resolved, revised
from streams.alerts.rules.rule import Rule


class AlertPolicy(NamedTuple):
    """How an episode becomes an alert. `may_open`: whether it may be told now; `prove`: its evidence."""

    user_id: str
    rule: Rule
    may_open: Callable[[Episode], bool]
    prove: Callable[[Episode], tuple[Evidence, ...]]
    is_final: Callable[[Alert], bool]  # nothing that can still come changes it


def reconcile(
    told: Sequence[Alert], episodes: Iterable[Episode], teller: AlertPolicy
) -> tuple[list[Alert], list[Transition]]:
    """(what is told now, in the order of beginning, transitions on the way)."""
    now, transitions = list[Alert](), list[Transition]()
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
        if one.how is Resolution.CORRECTED or teller.is_final(one):
            now.append(one)
        else:
            now.append(resolved(one, one.ended_us or one.opened_us, Resolution.CORRECTED))
            transitions.append(Transition(Life.RESOLVED, now[-1]))
    return sorted(now, key=_began), transitions


def _matched(
    told: Iterable[Alert], episodes: Sequence[Episode], teller: AlertPolicy
) -> tuple[list[tuple[Episode, Alert | None]], list[Alert]]:
    """(each episode with the alert that speaks of it, alerts left over).

    The alert of that very id first, also one that was taken back: no id is ever used twice. Then one that touches.
    """
    left = {one.id: one for one in told}
    found = [left.pop(_id(teller, episode), None) for episode in episodes]
    for place, episode in enumerate(episodes):
        if found[place] is None:
            touching = (one for one in left.values() if one.how is not Resolution.CORRECTED and one.touches(episode))
            if known := next(touching, None):
                found[place] = left.pop(known.id)
    return list(zip(episodes, found, strict=True)), list(left.values())


def _id(teller: AlertPolicy, episode: Episode) -> str:
    return alert_id(teller.user_id, teller.rule.name, episode.first_us, episode.subject)


def _began(told: Alert) -> tuple[int, str]:
    return told.first_us, told.subject


def _new(episode: Episode, teller: AlertPolicy) -> Alert:
    bound = teller.rule.bound if teller.rule.field else None
    return Alert(
        _id(teller, episode), episode.first_us, episode.opened_us, 1, episode.subject, reminded_us=episode.beyond_us,
        proofs=teller.prove(episode), bound=bound, kind=teller.rule.kind, topic=teller.rule.topic,
        severity=teller.rule.severity,
    )  # fmt: skip


def _compared(known: Alert, episode: Episode, teller: AlertPolicy) -> tuple[Alert, Life | None]:
    """(the alert as the episode has it, what to call the difference)."""
    after, proofs = known, teller.prove(episode) or known.proofs
    if (episode.first_us, episode.opened_us, _shown(proofs, teller)) != (
        known.first_us, known.opened_us, _shown(known.proofs, teller)
    ):  # fmt: skip
        after = known._replace(first_us=episode.first_us, opened_us=episode.opened_us, proofs=proofs)
    is_over_before, is_over = known.ended_us is not None, episode.ended_us is not None
    if is_over and (known.ended_us, known.how) != (episode.ended_us, episode.how):
        return revised(after, ended_us=episode.ended_us, how=episode.how), Life.RESOLVED
    if is_over_before and not is_over:
        return revised(after, ended_us=None, how=None), Life.OPENED
    if after != known:
        return revised(after, ended_us=known.ended_us, how=known.how), Life.RESOLVED if is_over else Life.UPDATED
    remind_us = teller.rule.remind_us
    if remind_us and not is_over and episode.beyond_us >= known.reminded_us + remind_us:
        return revised(after._replace(reminded_us=episode.beyond_us), ended_us=None, how=None), Life.UPDATED
    return known, None


def _shown(proofs: Sequence[Evidence], teller: AlertPolicy) -> list[tuple[int, str, str, str, float | None]]:
    """What evidence says. Not in which delivery: a sample may be told the same twice, and each is as good a proof."""
    has_values = teller.rule.has_values
    return [
        (time_us, said.provider, said.source_type, said.entity, value if has_values else None)
        for time_us, said, value in proofs
    ]
