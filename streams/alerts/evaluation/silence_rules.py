"""Rules about silence."""

from itertools import pairwise

from streams.alerts.episodes import silence
from streams.alerts.episodes.episode import Episode
from streams.alerts.episodes.marks import FUTURE_S
from streams.alerts.episodes.provenance import Provenance
from streams.alerts.episodes.silence import Arrivals
from streams.alerts.evaluation.event_rules import _is_off
from streams.alerts.lives.alert import Evidence
from streams.alerts.lives.opening import current_state, may_open, next_unmute_us, unmuted
from streams.alerts.lives.reconcile import AlertPolicy, reconcile
from streams.alerts.lives.timers import GRACE_MS, TABLE
from streams.alerts.lives.user import RuleState
from streams.alerts.lives.user_update import UserUpdate
from streams.alerts.rules.rule import MINUTE_US, SECOND_US, Rule
from streams.tables.keys import state_key
from streams.tables.outputs import SignOfLife


def evaluate(turn: UserUpdate, rules: tuple[Rule, ...], sign: SignOfLife) -> None:
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
                known_until_us = turn.clock_us - GRACE_MS * 1000
                _silence(turn, rule, current_state(rule, known), arrivals, known_until_us)


def _has_gap(rule: Rule, arrivals: Arrivals) -> bool:
    recent = arrivals.recent
    return any((b - a) * MINUTE_US > rule.longer_us for a, b in pairwise(recent))


def reevaluate(turn: UserUpdate, rule: Rule) -> None:
    """Time has passed, and perhaps nothing came."""
    known = turn.standing(rule)
    if known is not None and not _is_off(turn, rule):
        arrivals = silence.decode(turn.draft.get(TABLE, b"s|" + state_key(turn.user_id, rule.topic)))
        _silence(turn, rule, current_state(rule, known), arrivals, turn.clock_us)


def _silence(turn: UserUpdate, rule: Rule, standing: RuleState, arrivals: Arrivals, known_until_us: int) -> None:
    """`until_us`: up to when all that a door has heard is known; another may still hold what it heard since."""
    lasting = {told.first_us for told in standing.told if told.ended_us is None}
    episodes = unmuted(turn, rule, silence.episodes(rule, arrivals, known_until_us, lasting))
    oldest_us = arrivals.recent[0] * MINUTE_US if arrivals.recent else 0

    def prove(episode: Episode) -> tuple[Evidence, ...]:
        return (Evidence(episode.first_us, Provenance()),)

    teller = AlertPolicy(
        turn.user_id, rule, lambda episode: may_open(turn, rule, episode), prove, lambda told: told.first_us < oldest_us
    )
    told, transitions = reconcile(standing.told, episodes, teller)
    turn.tell(rule, transitions)
    due_us = silence.due_us(rule, arrivals)
    looks = [at for at in [due_us, next_unmute_us(turn, rule, episodes)] if at is not None and at > known_until_us]
    left = tuple(one for one in told if one.ended_us is None or one.first_us >= oldest_us)
    turn.settle(rule, standing._replace(told=left), min(looks, default=None))
