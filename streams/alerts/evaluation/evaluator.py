"""Evaluates rules on a draft: records and timers are judged, alerts are emitted in the same transaction.

Rows of the one table `alerts`, by the first letters of their keys:

    u|user                bounds, time zone, the state of each rule (`lives.user`)
    m|user|series         the newest marks of a series (`episodes.window`)
    c|user|series|minute  all samples of a crowded minute (`episodes.crowded_minutes`)
    n|user|series         the baseline of a series (`episodes.baseline`)
    s|user|topic          signs of life (`episodes.silence`)
    t|due|user|rule       timers (`lives.timers`)
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any

from streams.alerts.episodes import RecordView, Resolution, view_of
from streams.alerts.episodes.record_view import n_values
from streams.alerts.evaluation import event_rules, series_rules, silence_rules
from streams.alerts.evaluation.local_records import note_user, view_in_utc
from streams.alerts.lives import GRACE_MS, Life, PersonalBounds, timers
from streams.alerts.lives.alert import Transition, resolved
from streams.alerts.lives.timers import Timer
from streams.alerts.lives.user_update import EmitAlert, UserUpdate
from streams.alerts.rules import NO_RULES, Rule, RuleKind, RuleSet
from streams.alerts.rules.rule_set import TopicRules
from streams.events import RESOURCES
from streams.ops.errors import Reason, Rejected
from streams.tables import Draft, Observation, SignOfLife

PERSONAL_MAX = 500  # of a user: as many as a file has rules
SKIPPED = "alert_skipped"  # the metric of what was not judged; its label is the reason
FIRED_MAX = 500  # timers of a partition in one punctuation: bounds the pause


class RuleEvaluator:
    """One for a worker. Rules may be replaced between two calls."""

    def __init__(self, emit: EmitAlert, rules: RuleSet = NO_RULES) -> None:
        self._emit = emit
        self.rules = rules
        self._swept: set[int] = set()  # partitions without timers of rules that are gone

    def replace_rules(self, rules: RuleSet) -> None:
        """Open alerts stay; those of rules that are gone are resolved at the next punctuation."""
        self.rules = rules
        self._swept.clear()

    def evaluate(self, draft: Draft, observation: Observation) -> None:
        """Judge what a fold has put out."""
        if isinstance(observation, SignOfLife):
            self._evaluate_sign(draft, observation)
        else:
            self.evaluate_record(draft, observation.topic, observation.record)

    def evaluate_record(self, draft: Draft, topic: str, record: dict[str, Any]) -> None:
        """Judge one clean record, not encoded yet. `topic`: short name."""
        rules = self.rules.by_topic.get(topic)
        if rules is None and not (self.rules.needs_zone and topic in RESOURCES):
            return
        view = view_of(topic, record)
        if view is None:
            return
        update = UserUpdate(draft, view.user_id, view.received_ms * 1000, self._emit)
        has_clock_moved = note_user(update, view, is_zone_needed=self.rules.needs_zone or view.is_floating)
        if rules is not None:
            _judge(update, rules, view)
        if has_clock_moved:
            self._reevaluate_quiet(update)
        update.save()

    def _reevaluate_quiet(self, update: UserUpdate) -> None:
        """The user's clock has moved, and with it the quiet hours of what was judged before."""
        for name in list(update.user.rules):
            rule = self.rules.by_name.get(name)
            if rule is not None and rule.quiet:
                _reevaluate(update, rule)

    def _evaluate_sign(self, draft: Draft, sign: SignOfLife) -> None:
        """An outdated delivery still counts as activity for silence rules."""
        rules = self.rules.by_topic.get(sign.topic)
        if rules is not None and rules.silences:
            update = UserUpdate(draft, sign.user_id, sign.received_ms * 1000, self._emit)
            update.who = sign.who
            silence_rules.evaluate(update, rules.silences, sign)
            update.save()

    def punctuate(self, draft: Draft) -> None:
        """Fire the timers that are due, as far as all records of that time have been processed."""
        if draft.partition not in self._swept:
            gone = [timer for timer in timers.every(draft) if timer.rule not in self.rules.by_name]
            self._fire(draft, gone)
            if not gone:  # else once more: the transaction of this draft may not be committed
                self._swept.add(draft.partition)
        if draft.complete_ms > GRACE_MS:
            self._fire(draft, list(islice(timers.due(draft, _known_until_ms(draft)), FIRED_MAX)))

    def _fire(self, draft: Draft, due: Iterable[Timer]) -> None:
        for timer in due:
            timers.disarm(draft, timer)
            attempt(draft, partial(self._on_timer, draft, timer))
            draft.count("alert_timers")

    def _on_timer(self, draft: Draft, timer: Timer) -> None:
        update = UserUpdate(draft, timer.user_id, _known_until_ms(draft) * 1000, self._emit)
        state, rule = update.user.rules.get(timer.rule), self.rules.by_name.get(timer.rule)
        if state is not None and state.timer_ms == timer.due_ms:
            update.set_state(timer.rule, state._replace(timer_ms=0))
        if state is not None and rule is None:
            end_rule(update, timer.rule)
        elif state is not None and rule is not None:
            _reevaluate(update, rule)
        update.save()

    def set_bounds(self, draft: Draft, user_id: str, rule: str, bounds: PersonalBounds | None) -> None:
        """A user's own bounds for a rule; None removes them. Alerts of a rule that is off for the user are resolved.

        Raises Rejected(TOO_LARGE) for more bounds than there can be rules.
        """
        update = UserUpdate(draft, user_id, draft.now_ms * 1000, self._emit)
        others = {name: one for name, one in update.user.personal.items() if name != rule}
        if bounds is not None and len(others) >= PERSONAL_MAX:
            raise Rejected(Reason.TOO_LARGE, f"alert threshold: a user has bounds for {PERSONAL_MAX} rules")
        update.user = update.user._replace(personal=others if bounds is None else {**others, rule: bounds})
        if bounds is not None and bounds.is_off:
            end_rule(update, rule)
        update.save()

    def set_time_zone(self, draft: Draft, user_id: str, zone: str) -> None:
        """A user's time zone as a person gave it; "" leaves it to the data again."""
        update = UserUpdate(draft, user_id, draft.now_ms * 1000, self._emit)
        update.user = update.user._replace(zone=zone, is_zone_given=bool(zone))
        update.save()


def attempt(draft: Draft, part: Callable[[], None]) -> None:
    """Run a part of the work on a draft; of one that keeps too much nothing stays but a count."""
    # The rows of alerts may be full. That must not cost the record, or the timer, that was judged.
    if not draft.attempt(part):
        draft.count(SKIPPED, "too_large")


def _known_until_ms(draft: Draft) -> int:
    """Up to when all that a door has received is processed."""
    return min(draft.now_ms, draft.complete_ms or draft.now_ms) - GRACE_MS


def _judge(update: UserUpdate, rules: TopicRules, view: RecordView) -> None:
    """Without the times in UTC only silence can be judged."""
    in_utc = view_in_utc(update.user, view)
    if in_utc is not None:
        for series in rules.series:
            series_rules.evaluate(update, series, in_utc)
        for rule in rules.events:
            event_rules.evaluate(update, rule, in_utc)
    elif rules.series or rules.events:
        update.draft.count(SKIPPED, "floating_time", n=n_values(view))
    if rules.silences and view.is_live:
        sign = SignOfLife(view.topic, view.user_id, view.time_us, view.delivered_ms, view.received_ms, update.who)
        silence_rules.evaluate(update, rules.silences, sign)


def _reevaluate(update: UserUpdate, rule: Rule) -> None:
    if rule.kind is RuleKind.EVENT:
        event_rules.reevaluate(update, rule)
    elif rule.kind is RuleKind.SILENCE:
        silence_rules.reevaluate(update, rule)
    else:
        series_rules.reevaluate(update, rule)


def end_rule(update: UserUpdate, name: str) -> None:
    """Resolve the alerts of a rule that is gone, for all or for this user, and remove its state."""
    state = update.user.rules.get(name)
    if state is None:
        return
    for alert in state.alerts:
        if alert.ended_us is None:
            gone = Rule(name, alert.kind, alert.topic, severity=alert.severity)
            over = resolved(alert, max(update.clock_us, alert.opened_us), Resolution.RULE_GONE)
            update.emit(gone, [Transition(Life.RESOLVED, over)])
    update.remove_state(name, state)
