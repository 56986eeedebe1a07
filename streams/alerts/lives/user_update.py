"""One update of a user's row: read when it is first asked for, written by `save` if something in it has changed."""

from collections.abc import Callable, Sequence
from typing import Any

from streams.alerts.lives import timers, user
from streams.alerts.lives.alert import Life, Transition
from streams.alerts.lives.alert_record import alert_record
from streams.alerts.lives.timers import TABLE, Timer
from streams.alerts.lives.user import NEW_USER, RuleState, User
from streams.alerts.rules import Rule
from streams.events import DAY_US
from streams.tables import Draft, state_key

LOOK_AGAIN_US = 7 * DAY_US  # an alert that no time ends is judged again so often: its rule may be gone

EmitAlert = Callable[[Draft, str, str, dict[str, Any]], None]  # (draft, user, rule, record of an alert)


class UserUpdate:
    """`clock_us`: the arrival of the record that is judged; for a timer, the time up to which all is processed.

    `who`: client user id and team id, where a record has them.
    """

    __slots__ = ("_before", "_emit", "_key", "_user", "clock_us", "draft", "user_id", "who")

    def __init__(self, draft: Draft, user_id: str, clock_us: int, emit: EmitAlert) -> None:
        self.draft, self.user_id, self.clock_us, self._emit = draft, user_id, clock_us, emit
        self._key = b"u|" + state_key(user_id)
        self.who = ("", "")
        self._before: User | None = None
        self._user: User = NEW_USER

    @property
    def user(self) -> User:
        if self._before is None:
            self._before = self._user = user.decode(self.draft.get(TABLE, self._key))
        return self._user

    @user.setter
    def user(self, after: User) -> None:
        self._user = after

    def save(self) -> None:
        """Write the row if it has changed."""
        if self._before is not None and self._user != self._before:
            self.draft.put(TABLE, self._key, None if self._user == NEW_USER else user.encode(self._user))

    def state_of(self, rule: Rule) -> RuleState | None:
        return self.user.rules.get(rule.name)

    def is_off(self, rule: Rule) -> bool:
        """Whether the user has switched the rule off."""
        personal = self.user.personal.get(rule.name)
        return personal is not None and personal.is_off

    def set_state(self, name: str, after: RuleState | None) -> None:
        """Replace the state of a rule; None removes it."""
        rules = {key: value for key, value in self.user.rules.items() if key != name}
        if after is not None:
            rules[name] = after
        self.user = self.user._replace(rules=rules)

    def store_state(self, rule: Rule, after: RuleState, due_us: int | None, *, is_busy: bool = False) -> None:
        """Replace the state of a rule, and arm a timer for `due_us`. An empty state is removed, unless `is_busy`."""
        if due_us is None and any(alert.ended_us is None for alert in after.alerts):
            due_us = self.clock_us + LOOK_AGAIN_US
        due_ms = 0 if due_us is None else due_us // 1000 + 1
        if due_ms and (not after.timer_ms or due_ms < after.timer_ms):
            self._disarm(rule.name, after)
            after = after._replace(timer_ms=due_ms)
            timers.arm(self.draft, Timer(due_ms, self.user_id, rule.name))
        is_empty = after == RuleState(after.fingerprint, after.since_us, timer_ms=after.timer_ms)
        if is_empty and not due_ms and not is_busy:
            self.remove_state(rule.name, after)
        else:
            self.set_state(rule.name, after)

    def remove_state(self, name: str, state: RuleState) -> None:
        """Remove the state of a rule, and its timer."""
        self._disarm(name, state)
        self.set_state(name, None)

    def _disarm(self, name: str, state: RuleState) -> None:
        if state.timer_ms:
            timers.disarm(self.draft, Timer(state.timer_ms, self.user_id, name))

    def emit(self, rule: Rule, transitions: Sequence[Transition]) -> None:
        """Emit a record for each transition, and count it."""
        client_user_id, team_id = self.who
        if transitions and (client_user_id or team_id):
            self.user = self.user._replace(client_user_id=client_user_id, team_id=team_id)
        for transition in transitions:
            if transition.life is Life.OPENED:
                self.draft.count("alerts_opened", rule.name, rule.severity)
            record = alert_record(self.user_id, self.user, rule, transition, self.draft.now_ms)
            self._emit(self.draft, self.user_id, rule.name, record)
            self.draft.count("alert_records", rule.name, transition.life)
