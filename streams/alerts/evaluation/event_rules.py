"""Rules about events, and about silence: the glue between a record, or a timer, and their episodes."""

from collections.abc import Collection

from streams.alerts.episodes import occurrences
from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.episodes.marks import FUTURE_S
from streams.alerts.episodes.record_view import RecordView, matches
from streams.alerts.lives.alert import Alert, Evidence, Life, Transition, resolved
from streams.alerts.lives.opening import current_state, known_until_us, may_open, next_unmute_us, unmuted
from streams.alerts.lives.reconcile import AlertPolicy, reconcile
from streams.alerts.lives.user import RuleState
from streams.alerts.lives.user_update import UserUpdate
from streams.alerts.rules import fields
from streams.alerts.rules.rule import SECOND_US, Rule


def evaluate(turn: UserUpdate, rule: Rule, seen: RecordView) -> None:
    """Something that an event rule may wait for."""
    if not seen.is_live or _is_off(turn, rule):
        return
    age_us = turn.clock_us - seen.time_us
    is_fresh = rule.topic in fields.STATES or -FUTURE_S * SECOND_US <= age_us <= rule.max_age_us
    if not is_fresh:  # what an older version said is taken back all the same
        turn.draft.count("alert_skipped", "too_old")
    known = turn.standing(rule)
    standing = current_state(rule, known)
    after = occurrences.updated(rule, standing.happened, seen, is_so=is_fresh and matches(seen, rule.where))
    if known is not None or after:
        _events(turn, rule, standing._replace(happened=tuple(after)), occurrences.subjects(rule, seen))


def reevaluate(turn: UserUpdate, rule: Rule) -> None:
    """Time has passed."""
    known = turn.standing(rule)
    if known is not None:
        _events(turn, rule, current_state(rule, known), ())


def _events(turn: UserUpdate, rule: Rule, standing: RuleState, said: Collection[str]) -> None:
    """`said`: subjects of which something was said just now."""
    kept = occurrences.fresh(rule, standing.happened, turn.clock_us)
    by_subject = {(one.subject, one.time_us): one for one in reversed(kept)}  # of two sources the first, as episodes do
    subjects = {one.subject for one in kept}
    episodes = unmuted(turn, rule, occurrences.episodes(rule, kept, known_until_us(turn.clock_us, standing.told)))

    def prove(episode: Episode) -> tuple[Evidence, ...]:
        one = by_subject[episode.subject, episode.first_us]
        return (Evidence(one.time_us, one.evidence),)

    def is_final(told: Alert) -> bool:
        return told.subject not in subjects and told.subject not in said

    teller = AlertPolicy(turn.user_id, rule, lambda episode: may_open(turn, rule, episode), prove, is_final)
    told, transitions = reconcile(standing.told, episodes, teller)
    over_us = rule.resolve_after_us
    for place, one in enumerate(told):  # pushed out by newer ones before its time was over
        if over_us and one.ended_us is None and one.subject not in subjects and turn.clock_us > one.first_us + over_us:
            told[place] = resolved(one, one.first_us + over_us, Resolution.EXPIRED)
            transitions.append(Transition(Life.RESOLVED, told[place]))
    turn.tell(rule, transitions)
    looks = [one.first_us + over_us for one in episodes if over_us and one.ended_us is None]
    looks += [at for at in [next_unmute_us(turn, rule, episodes)] if at is not None]
    left = tuple(one for one in told if one.subject in subjects or one.ended_us is None)
    turn.settle(rule, standing._replace(happened=tuple(kept), told=left), min(looks, default=None))


def _is_off(turn: UserUpdate, rule: Rule) -> bool:
    personal = turn.user.personal.get(rule.name)
    return personal is not None and personal.is_off
