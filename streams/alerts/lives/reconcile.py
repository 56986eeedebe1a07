"""From episodes to transitions of alerts: what was emitted is compared with what is true now, and only news is emitted.

An alert keeps its id for life, also when late data move its beginning. An episode that touches no alert gets a new one.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from streams.alerts.episodes import Episode, Resolution
from streams.alerts.lives.alert import Alert, Evidence, Life, Transition, alert_id, resolved, revised
from streams.alerts.rules import Rule


class AlertPolicy(NamedTuple):
    """How episodes of one rule become alerts of one user."""

    user_id: str
    rule: Rule
    may_open: Callable[[Episode], bool]  # now
    evidence_of: Callable[[Episode], tuple[Evidence, ...]]
    is_final: Callable[[Alert], bool]  # no data that may still arrive can change it


def reconcile(
    alerts: Sequence[Alert], episodes: Iterable[Episode], policy: AlertPolicy
) -> tuple[list[Alert], list[Transition]]:
    """(alerts as they are now, sorted by their beginning; transitions to emit)."""
    now, transitions = list[Alert](), list[Transition]()
    matched, unmatched = _matched(alerts, sorted(episodes), policy)
    for episode, known in matched:
        if known is None:
            if not policy.may_open(episode):
                continue
            known = _new(episode, policy)
            transitions.append(Transition(Life.OPENED, known))
        after, life = _compared(known, episode, policy)  # a new one, too: its episode may be over already
        now.append(after)
        if life:
            transitions.append(Transition(life, after))
    for alert in unmatched:
        if _is_corrected(alert) or policy.is_final(alert):
            now.append(alert)
        else:
            now.append(resolved(alert, alert.ended_us or alert.opened_us, Resolution.CORRECTED))
            transitions.append(Transition(Life.RESOLVED, now[-1]))
    return sorted(now, key=_beginning), transitions


def _matched(
    alerts: Iterable[Alert], episodes: Sequence[Episode], policy: AlertPolicy
) -> tuple[list[tuple[Episode, Alert | None]], list[Alert]]:
    """(each episode with its alert, if it has one; alerts without an episode)."""
    left = {alert.id: alert for alert in alerts}
    # The alert of that very id first, also one that was corrected: an id is never used for two lives.
    found = [left.pop(_id(policy, episode), None) for episode in episodes]
    for place, episode in enumerate(episodes):
        if found[place] is None:
            touching = (one for one in left.values() if not _is_corrected(one) and one.touches(episode))
            if known := next(touching, None):
                found[place] = left.pop(known.id)
    return list(zip(episodes, found, strict=True)), list(left.values())


def _is_corrected(alert: Alert) -> bool:
    return alert.resolution is Resolution.CORRECTED


def _id(policy: AlertPolicy, episode: Episode) -> str:
    return alert_id(policy.user_id, policy.rule.name, episode.first_us, episode.subject)


def _beginning(alert: Alert) -> tuple[int, str]:
    return alert.first_us, alert.subject


def _new(episode: Episode, policy: AlertPolicy) -> Alert:
    bound = policy.rule.bound if policy.rule.field else None
    return Alert(
        _id(policy, episode), episode.first_us, episode.opened_us, 1, episode.subject, reminded_us=episode.beyond_us,
        evidence=policy.evidence_of(episode), bound=bound, kind=policy.rule.kind, topic=policy.rule.topic,
        severity=policy.rule.severity,
    )  # fmt: skip


def _compared(known: Alert, episode: Episode, policy: AlertPolicy) -> tuple[Alert, Life | None]:
    """(the alert as its episode is now, the transition to emit; None for no news)."""
    after = _moved(known, episode, policy)
    was_over, is_over = known.ended_us is not None, episode.ended_us is not None
    if is_over and (known.ended_us, known.resolution) != (episode.ended_us, episode.resolution):
        return revised(after, ended_us=episode.ended_us, resolution=episode.resolution), Life.RESOLVED
    if was_over and not is_over:
        return revised(after, ended_us=None, resolution=None), Life.OPENED
    if after != known:
        life = Life.RESOLVED if is_over else Life.UPDATED
        return revised(after, ended_us=known.ended_us, resolution=known.resolution), life
    remind_us = policy.rule.remind_us
    if remind_us and not is_over and episode.beyond_us >= known.reminded_us + remind_us:
        return revised(after._replace(reminded_us=episode.beyond_us), ended_us=None, resolution=None), Life.UPDATED
    return known, None


def _moved(known: Alert, episode: Episode, policy: AlertPolicy) -> Alert:
    """With the beginning and the evidence of the episode; the same object where they say the same."""
    evidence = policy.evidence_of(episode) or known.evidence
    shown, known_shown = _shown(evidence, policy), _shown(known.evidence, policy)
    if (episode.first_us, episode.opened_us, shown) == (known.first_us, known.opened_us, known_shown):
        return known
    return known._replace(first_us=episode.first_us, opened_us=episode.opened_us, evidence=evidence)


def _shown(evidence: Sequence[Evidence], policy: AlertPolicy) -> list[tuple[int, str, str, str, float | None]]:
    """What is compared of evidence: not the delivery, because two deliveries of a sample are equally good evidence."""
    has_values = policy.rule.has_values
    return [
        (time_us, source.provider, source.source_type, source.entity, value if has_values else None)
        for time_us, source, value in evidence
    ]
