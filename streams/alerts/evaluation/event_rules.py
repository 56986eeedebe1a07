"""Rules about events, and about silence: the glue between a record, or a timer, and their episodes."""

from collections.abc import Collection
from itertools import pairwise

from streams.alerts.episodes import occurrences, silence
from streams.alerts.episodes.marks import FUTURE_S
from streams.alerts.episodes.record_view import Evidence, Observed, matches
from streams.alerts.episodes.silence import Arrivals
from streams.alerts.episodes.state_machine import Episode, How
from streams.alerts.lives.alert import Life, Proof, Teller, Told, Transition, closed, reconcile
from streams.alerts.lives.opening import current, may_open, next_look_us, until_us, waking
from streams.alerts.lives.timers import GRACE_MS, TABLE
from streams.alerts.lives.user import Standing
from streams.alerts.lives.user_update import Turn
from streams.alerts.rules import fields
from streams.alerts.rules.rule import MINUTE_US, SECOND_US, Rule
from streams.tables.keys import state_key
from streams.tables.outputs import SignOfLife


def happened(turn: Turn, rule: Rule, seen: Observed) -> None:
    """Something that an event rule may wait for."""
    if not seen.is_live or _is_off(turn, rule):
        return
    age_us = turn.clock_us - seen.time_us
    is_fresh = rule.topic in fields.STATES or -FUTURE_S * SECOND_US <= age_us <= rule.max_age_us
    if not is_fresh:  # what an older version said is taken back all the same
        turn.draft.count("alert_skipped", "too_old")
    known = turn.standing(rule)
    standing = current(rule, known)
    after = occurrences.after(rule, standing.happened, seen, is_so=is_fresh and matches(seen, rule.where))
    if known is not None or after:
        _events(turn, rule, standing._replace(happened=tuple(after)), occurrences.subjects(rule, seen))


def look_at_events(turn: Turn, rule: Rule) -> None:
    """Time has passed."""
    known = turn.standing(rule)
    if known is not None:
        _events(turn, rule, current(rule, known), ())


def _events(turn: Turn, rule: Rule, standing: Standing, said: Collection[str]) -> None:
    """`said`: subjects of which something was said just now."""
    kept = occurrences.fresh(rule, standing.happened, turn.clock_us)
    by_subject = {(one.subject, one.time_us): one for one in reversed(kept)}  # of two sources the first, as episodes do
    subjects = {one.subject for one in kept}
    episodes = waking(turn, rule, occurrences.episodes(rule, kept, until_us(turn.clock_us, standing.told)))

    def prove(episode: Episode) -> tuple[Proof, ...]:
        one = by_subject[episode.subject, episode.first_us]
        return (Proof(one.time_us, one.evidence),)

    def is_final(told: Told) -> bool:
        return told.subject not in subjects and told.subject not in said

    teller = Teller(turn.user_id, rule, lambda episode: may_open(turn, rule, episode), prove, is_final)
    told, transitions = reconcile(standing.told, episodes, teller)
    over_us = rule.resolve_after_us
    for place, one in enumerate(told):  # pushed out by newer ones before its time was over
        if over_us and one.ended_us is None and one.subject not in subjects and turn.clock_us > one.first_us + over_us:
            told[place] = closed(one, one.first_us + over_us, How.EXPIRED)
            transitions.append(Transition(Life.RESOLVED, told[place]))
    turn.tell(rule, transitions)
    looks = [one.first_us + over_us for one in episodes if over_us and one.ended_us is None]
    looks += [at for at in [next_look_us(turn, rule, episodes)] if at is not None]
    left = tuple(one for one in told if one.subject in subjects or one.ended_us is None)
    turn.settle(rule, standing._replace(happened=tuple(kept), told=left), min(looks, default=None))


def heard(turn: Turn, rules: tuple[Rule, ...], sign: SignOfLife) -> None:
    """A sign of life of a resource, if its data are not too old to be one."""
    at_us = sign.delivered_ms * 1000
    if at_us - sign.time_us > silence.ALIVE_US or at_us > turn.clock_us + FUTURE_S * SECOND_US:
        return
    key = b"s|" + state_key(turn.user_id, sign.topic)
    before = silence.decode(turn.draft.get(TABLE, key))
    arrivals = silence.add(before, at_us, sign.received_ms * 1000)
    if arrivals is before:
        return
    turn.draft.put(TABLE, key, silence.encode(arrivals))
    for rule in rules:
        if not _is_off(turn, rule):
            known = turn.standing(rule)
            if known is None or known.told or known.mark != rule.mark or _has_gap(rule, arrivals):
                until_us = turn.clock_us - GRACE_MS * 1000
                _silence(turn, rule, current(rule, known), arrivals, until_us)


def _has_gap(rule: Rule, arrivals: Arrivals) -> bool:
    recent = arrivals.recent
    return any((b - a) * MINUTE_US > rule.longer_us for a, b in pairwise(recent))


def look_at_silence(turn: Turn, rule: Rule) -> None:
    """Time has passed, and perhaps nothing came."""
    known = turn.standing(rule)
    if known is not None and not _is_off(turn, rule):
        arrivals = silence.decode(turn.draft.get(TABLE, b"s|" + state_key(turn.user_id, rule.topic)))
        _silence(turn, rule, current(rule, known), arrivals, turn.clock_us)


def _silence(turn: Turn, rule: Rule, standing: Standing, arrivals: Arrivals, until_us: int) -> None:
    """`until_us`: up to when all that a door has heard is known; another may still hold what it heard since."""
    lasting = {told.first_us for told in standing.told if told.ended_us is None}
    episodes = waking(turn, rule, silence.episodes(rule, arrivals, until_us, lasting))
    oldest_us = arrivals.recent[0] * MINUTE_US if arrivals.recent else 0

    def prove(episode: Episode) -> tuple[Proof, ...]:
        return (Proof(episode.first_us, Evidence()),)

    teller = Teller(
        turn.user_id, rule, lambda episode: may_open(turn, rule, episode), prove, lambda told: told.first_us < oldest_us
    )
    told, transitions = reconcile(standing.told, episodes, teller)
    turn.tell(rule, transitions)
    due_us = silence.due_us(rule, arrivals)
    looks = [at for at in [due_us, next_look_us(turn, rule, episodes)] if at is not None and at > until_us]
    left = tuple(one for one in told if one.ended_us is None or one.first_us >= oldest_us)
    turn.settle(rule, standing._replace(told=left), min(looks, default=None))


def _is_off(turn: Turn, rule: Rule) -> bool:
    personal = turn.user.personal.get(rule.name)
    return personal is not None and personal.is_off
