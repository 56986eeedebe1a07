"""Rules about silence: from a sign of life, or a timer, to episodes and alerts."""

from itertools import pairwise

from streams.alerts.episodes import Provenance, silence
from streams.alerts.episodes.marks import FUTURE_S
from streams.alerts.episodes.silence import Arrivals
from streams.alerts.lives import GRACE_MS
from streams.alerts.lives.alert import Evidence
from streams.alerts.lives.opening import current_state, may_open, next_unmute_us, unmuted
from streams.alerts.lives.reconcile import AlertPolicy, reconcile
from streams.alerts.lives.timers import TABLE
from streams.alerts.lives.user import RuleState
from streams.alerts.lives.user_update import UserUpdate
from streams.alerts.rules import Rule
from streams.events import MINUTE_US, SECOND_US
from streams.tables import SignOfLife, state_key


def evaluate(update: UserUpdate, rules: tuple[Rule, ...], sign: SignOfLife) -> None:
    """Take in a sign of life of a resource; data that were old when they came are none."""
    at_us = sign.delivered_ms * 1000
    if at_us - sign.time_us > silence.ALIVE_US or at_us > update.clock_us + FUTURE_S * SECOND_US:
        return
    key = _key(update, sign.topic)
    before = silence.decode(update.draft.get(TABLE, key))
    arrivals = silence.add(before, at_us, sign.received_ms * 1000)
    if arrivals is before:
        return
    update.draft.put(TABLE, key, silence.encode(arrivals))
    for rule in rules:
        if not update.is_off(rule):
            known = update.state_of(rule)
            if known is None or known.alerts or known.fingerprint != rule.fingerprint or _has_gap(rule, arrivals):
                # Another door may still hold what it received since.
                until_us = update.clock_us - GRACE_MS * 1000
                _judge(update, rule, current_state(rule, known), arrivals, until_us)


def reevaluate(update: UserUpdate, rule: Rule) -> None:
    """Judge again without a record: time has passed, or the user's clock has moved."""
    known = update.state_of(rule)
    if known is not None and not update.is_off(rule):
        arrivals = silence.decode(update.draft.get(TABLE, _key(update, rule.topic)))
        _judge(update, rule, current_state(rule, known), arrivals, update.clock_us)


def _key(update: UserUpdate, topic: str) -> bytes:
    return b"s|" + state_key(update.user_id, topic)


def _has_gap(rule: Rule, arrivals: Arrivals) -> bool:
    return any((b - a) * MINUTE_US > rule.longer_us for a, b in pairwise(arrivals.recent))


def _judge(update: UserUpdate, rule: Rule, state: RuleState, arrivals: Arrivals, until_us: int) -> None:
    """`until_us`: up to when all that any door has received is known."""
    lasting = {alert.first_us for alert in state.alerts if alert.ended_us is None}
    episodes = unmuted(update, rule, silence.episodes(rule, arrivals, until_us, lasting))
    oldest_us = arrivals.recent[0] * MINUTE_US if arrivals.recent else 0
    policy = AlertPolicy(
        update.user_id,
        rule,
        lambda episode: may_open(update, rule, episode),
        lambda episode: (Evidence(episode.first_us, Provenance()),),
        lambda alert: alert.first_us < oldest_us,
    )
    alerts, transitions = reconcile(state.alerts, episodes, policy)
    update.emit(rule, transitions)
    looks = [silence.due_us(rule, arrivals), next_unmute_us(update, rule, episodes)]
    due_us = min((at_us for at_us in looks if at_us is not None and at_us > until_us), default=None)
    left = tuple(alert for alert in alerts if alert.ended_us is None or alert.first_us >= oldest_us)
    update.store_state(rule, state._replace(alerts=left), due_us)
