"""Rules over a draft: what a record says is judged, timers are looked at, alerts leave in the same transaction.

Rows of the one table `alerts`, by the first letters of their keys:

    u|user            what is remembered of a user (`user`)
    m|user|series     the newest marks of a series (`marks`)
    c|user|series|minute   all samples of a minute with more of them than a window keeps (`crowds`)
    n|user|series     the baseline of a series (`baseline`)
    s|user|topic      signs of life (`silence`)
    t|due|user|rule   timers (`timers`)
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any

from streams.alerts.episodes.episode import Resolution
from streams.alerts.episodes.record_view import RecordView, n_values, view_of
from streams.alerts.evaluation import event_rules, series_rules, silence_rules
from streams.alerts.lives import timers
from streams.alerts.lives.alert import Life, Transition, resolved
from streams.alerts.lives.timers import GRACE_MS, Timer
from streams.alerts.lives.user import PersonalBounds, User
from streams.alerts.lives.user_clock import clock_version, from_local_us, with_clock
from streams.alerts.lives.user_update import EmitAlert, UserUpdate
from streams.alerts.rules.rule import Rule, RuleKind
from streams.alerts.rules.rule_set import NO_RULES, RuleSet, TopicRules
from streams.events.resources import RESOURCES
from streams.ops.errors import Reason, Rejected
from streams.tables.draft import Draft
from streams.tables.outputs import Observation, SignOfLife

PERSONAL_MAX = 500  # of a user: as many as a file has rules
SKIPPED = "alert_skipped"  # the metric of what rules did not look at; its label is the reason
FIRED_MAX = 500  # timers of a partition in one look: bounds the pause


class RuleEvaluator:
    """One for a worker. `say` puts the record of an alert into a draft. Rules may be replaced between two calls."""

    def __init__(self, say: EmitAlert, rules: RuleSet = NO_RULES) -> None:
        self._say = say
        self.rules = rules
        self._swept: set[int] = set()

    def replace(self, rules: RuleSet) -> None:
        """New rules. Open alerts stay; those of rules that are gone end at the next look at the timers."""
        self.rules = rules
        self._swept.clear()

    def observed(self, draft: Draft, seen: Observation) -> None:
        """Judge what a fold has put out."""
        if isinstance(seen, SignOfLife):
            self.heard(draft, seen)
        else:
            self.saw(draft, seen.topic, seen.record)

    def saw(self, draft: Draft, topic: str, record: dict[str, Any]) -> None:
        """Judge one clean record as it is before encoding. `topic`: short name."""
        plan = self.rules.by_topic.get(topic)
        if plan is None and not (self.rules.needs_zone and topic in RESOURCES):
            return
        seen = view_of(topic, record)
        if seen is None:
            return
        turn = UserUpdate(draft, seen.user_id, seen.received_ms * 1000, self._say)
        is_clock_news = _note_user(turn, seen, is_zone_needed=self.rules.needs_zone or seen.is_floating)
        if plan is not None:
            there = _in_utc(turn.user, seen) if seen.is_floating else seen
            if there is None and (plan.series or plan.events):
                draft.count(SKIPPED, "floating_time", n=n_values(seen))
            _judge(turn, plan, seen, there)
        if is_clock_news:
            self._look_at_quiet(turn)
        turn.done()

    def _look_at_quiet(self, turn: UserUpdate) -> None:
        """The user's clock stands elsewhere than was known: quiet hours of what was judged before are others."""
        for name in list(turn.user.rules):
            rule = self.rules.by_name.get(name)
            if rule is not None and rule.quiet:
                _LOOKS.get(rule.kind, series_rules.reevaluate)(turn, rule)

    def heard(self, draft: Draft, sign: SignOfLife) -> None:
        """A delivery that was overtaken: no news, but somebody was there."""
        plan = self.rules.by_topic.get(sign.topic)
        if plan is not None and plan.silences:
            turn = UserUpdate(draft, sign.user_id, sign.received_ms * 1000, self._say)
            turn.who = sign.who
            silence_rules.evaluate(turn, plan.silences, sign)
            turn.done()

    def punctuate(self, draft: Draft) -> None:
        """Look at the timers that are due, as far as all records of that time have been processed."""
        if draft.partition not in self._swept:
            gone = [timer for timer in timers.every(draft) if timer.rule not in self.rules.by_name]
            self._fire(draft, gone)
            if not gone:  # else look again: the transaction of this draft may not be committed
                self._swept.add(draft.partition)
        if draft.complete_ms > GRACE_MS:
            self._fire(draft, list(islice(timers.due(draft, _known_until_ms(draft)), FIRED_MAX)))

    def _fire(self, draft: Draft, fired: Iterable[Timer]) -> None:
        for timer in fired:
            timers.disarm(draft, timer)
            attempt(draft, partial(self._turn_of, draft, timer))
            draft.count("alert_timers")

    def _turn_of(self, draft: Draft, timer: Timer) -> None:
        turn = UserUpdate(draft, timer.user_id, _known_until_ms(draft) * 1000, self._say)
        self._look(turn, timer)
        turn.done()

    def _look(self, turn: UserUpdate, timer: Timer) -> None:
        standing = turn.user.rules.get(timer.rule)
        if standing is None:
            return
        if standing.timer_ms == timer.due_ms:
            turn.stand(timer.rule, standing._replace(timer_ms=0))
        rule = self.rules.by_name.get(timer.rule)
        if rule is None:
            end_rule(turn, timer.rule)
        else:
            _LOOKS.get(rule.kind, series_rules.reevaluate)(turn, rule)

    def personal(self, draft: Draft, user_id: str, rule: str, own: PersonalBounds | None) -> None:
        """A user's own bounds for a rule; None takes them back. A rule that is off for a user ends there.

        Raises Rejected(TOO_LARGE) for more bounds than there can be rules.
        """
        turn = UserUpdate(draft, user_id, draft.now_ms * 1000, self._say)
        all_own = {name: one for name, one in turn.user.personal.items() if name != rule}
        if own is not None and len(all_own) >= PERSONAL_MAX:
            raise Rejected(Reason.TOO_LARGE, f"alert threshold: a user has bounds for {PERSONAL_MAX} rules")
        turn.user = turn.user._replace(personal=all_own if own is None else {**all_own, rule: own})
        if own is not None and own.is_off:
            end_rule(turn, rule)
        turn.done()

    def zone(self, draft: Draft, user_id: str, zone: str) -> None:
        """A user's time zone as a person gave it; "" leaves it to the data again."""
        turn = UserUpdate(draft, user_id, draft.now_ms * 1000, self._say)
        turn.user = turn.user._replace(zone=zone, is_zone_given=bool(zone))
        turn.done()


def attempt(draft: Draft, part: Callable[[], None]) -> None:
    """What is remembered for alerts may be full: that must not cost the record, or the timer, that was looked at."""
    if not draft.attempt(part):
        draft.count(SKIPPED, "too_large")


def _known_until_ms(draft: Draft) -> int:
    """Up to when everything that came to a door has been processed, for a look at what no record asks for."""
    return min(draft.now_ms, draft.complete_ms or draft.now_ms) - GRACE_MS


def _judge(turn: UserUpdate, plan: TopicRules, seen: RecordView, there: RecordView | None) -> None:
    """`there`: with times in UTC; None if they are not known, and then only silence can be judged."""
    for series in plan.series if there else ():
        series_rules.evaluate(turn, series, there or seen)
    for rule in plan.events if there else ():
        event_rules.evaluate(turn, rule, there or seen)
    if plan.silences and seen.is_live:
        sign = SignOfLife(seen.topic, seen.user_id, seen.time_us, seen.delivered_ms, seen.received_ms, turn.who)
        silence_rules.evaluate(turn, plan.silences, sign)


def _note_user(turn: UserUpdate, seen: RecordView, *, is_zone_needed: bool) -> bool:
    """Whether the user's clock stands elsewhere than was known. A zone that was joined is not said by the data."""
    record, is_news = seen.record, False
    zone = "" if seen.is_floating else record.get("time_zone")
    offset_s = record.get("timezone_offset_s")
    if is_zone_needed and (zone or offset_s is not None) and seen.topic in RESOURCES:
        before = turn.user
        turn.user = with_clock(before, zone, offset_s, clock_version(seen))
        is_news = (turn.user.zone, turn.user.offset_s) != (before.zone, before.offset_s)
    turn.who = (record.get("client_user_id") or "", record.get("team_id") or "")
    return is_news


def _in_utc(user: User, seen: RecordView) -> RecordView | None:
    """What was written as local time, in UTC; None while the user's zone is not known.

    The zone is the one that was joined into the record, unless a person gave one.
    """
    joined = seen.record.get("time_zone")
    if joined and not user.is_zone_given:
        user = user._replace(zone=joined)
    time_us = from_local_us(user, seen.time_us)
    if time_us is None:
        return None
    shift = seen.time_us - time_us
    record = seen.record
    if "times" in record:
        record = {**record, "times": [one - shift for one in record["times"]]}
    return seen._replace(time_us=time_us, record=record)


def end_rule(turn: UserUpdate, name: str) -> None:
    """A rule is gone, for all or for this user: its alerts end, and where it stood is forgotten."""
    standing = turn.user.rules.get(name)
    if standing is None:
        return
    for told in standing.told:
        if told.ended_us is None:
            gone = Rule(name, told.kind, told.topic, severity=told.severity)
            turn.tell(
                gone,
                [Transition(Life.RESOLVED, resolved(told, max(turn.clock_us, told.opened_us), Resolution.RULE_GONE))],
            )
    turn.forget(name, standing)


_LOOKS: dict[RuleKind, Callable[[UserUpdate, Rule], None]] = {
    RuleKind.EVENT: event_rules.reevaluate,
    RuleKind.SILENCE: silence_rules.reevaluate,
}
