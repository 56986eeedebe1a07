"""Rules about events: from a record, or a timer, to occurrences, episodes and alerts."""

from collections.abc import Collection, Sequence

from streams.alerts.episodes import Episode, RecordView, Resolution, occurrences
from streams.alerts.episodes.marks import FUTURE_S
from streams.alerts.episodes.record_view import matches
from streams.alerts.lives import Life
from streams.alerts.lives.alert import Alert, Evidence, Transition, resolved
from streams.alerts.lives.opening import current_state, known_until_us, may_open, next_unmute_us, unmuted
from streams.alerts.lives.reconcile import AlertPolicy, reconcile
from streams.alerts.lives.user import RuleState
from streams.alerts.lives.user_update import UserUpdate
from streams.alerts.rules import Rule, fields
from streams.events import SECOND_US


def evaluate(update: UserUpdate, rule: Rule, view: RecordView) -> None:
    """Judge a record that an event rule may match."""
    if view.is_past(update.clock_us, rule.max_age_us) or update.is_off(rule):
        return
    age_us = update.clock_us - view.time_us
    is_fresh = rule.topic in fields.STATES or -FUTURE_S * SECOND_US <= age_us <= rule.max_age_us
    if not is_fresh:  # it goes on all the same: it may correct an older version
        update.draft.count("alert_skipped", "too_old")
    known = update.state_of(rule)
    state = current_state(rule, known)
    is_so, since_us = is_fresh and matches(view, rule.where), update.clock_us - rule.max_age_us
    after = occurrences.updated(rule, state.occurrences, view, is_so=is_so, since_us=since_us)
    if known is not None or after:
        _judge(update, rule, state._replace(occurrences=tuple(after)), occurrences.subjects(rule, view))


def reevaluate(update: UserUpdate, rule: Rule) -> None:
    """Judge again without a record: time has passed, or the user's clock has moved."""
    known = update.state_of(rule)
    if known is not None:
        _judge(update, rule, current_state(rule, known), ())


def _judge(update: UserUpdate, rule: Rule, state: RuleState, reported: Collection[str]) -> None:
    """`reported`: subjects of the record that is judged."""
    kept = occurrences.fresh(rule, state.occurrences, update.clock_us)
    subjects = {one.subject for one in kept}
    episodes = unmuted(update, rule, occurrences.episodes(rule, kept, known_until_us(update.clock_us, state.alerts)))
    policy = _policy(update, rule, kept, {*subjects, *reported})
    alerts, transitions = reconcile(state.alerts, episodes, policy)
    transitions += _expire(update, rule, alerts, subjects)
    update.emit(rule, transitions)
    over_us = rule.resolve_after_us
    looks = [one.first_us + over_us for one in episodes if over_us and one.ended_us is None]
    looks += [at_us for at_us in [next_unmute_us(update, rule, episodes)] if at_us is not None]
    left = tuple(one for one in alerts if one.subject in subjects or one.ended_us is None)
    update.store_state(rule, state._replace(occurrences=tuple(kept), alerts=left), min(looks, default=None))


def _policy(
    update: UserUpdate, rule: Rule, kept: Sequence[occurrences.Occurrence], subjects: Collection[str]
) -> AlertPolicy:
    """`subjects`: alerts about any other one are final."""
    # Of two sources the first counts, as for episodes.
    by_subject = {(one.subject, one.time_us): one for one in reversed(kept)}

    def evidence_of(episode: Episode) -> tuple[Evidence, ...]:
        one = by_subject[episode.subject, episode.first_us]
        return (Evidence(one.time_us, one.provenance),)

    def is_final(alert: Alert) -> bool:
        return alert.subject not in subjects

    return AlertPolicy(update.user_id, rule, lambda episode: may_open(update, rule, episode), evidence_of, is_final)


def _expire(update: UserUpdate, rule: Rule, alerts: list[Alert], subjects: Collection[str]) -> list[Transition]:
    """Resolve, in place, what is due although newer occurrences have pushed its own one out."""
    transitions: list[Transition] = []
    for place, one in enumerate(alerts):
        over_us = one.first_us + rule.resolve_after_us
        is_open = one.ended_us is None and one.subject not in subjects
        if rule.resolve_after_us and is_open and update.clock_us > over_us:
            alerts[place] = resolved(one, over_us, Resolution.EXPIRED)
            transitions.append(Transition(Life.RESOLVED, alerts[place]))
    return transitions
