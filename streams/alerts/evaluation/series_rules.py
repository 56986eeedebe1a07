"""Rules about numbers: one window of marks and one baseline serve all rules of a series."""

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter

from streams.alerts.episodes import Episode, RecordView, baseline
from streams.alerts.episodes.baseline import Baselines, Days
from streams.alerts.episodes.crowded_minutes import CrowdedMinutes
from streams.alerts.episodes.levels import BEYOND, Extent, can_be_beyond, extent, levels
from streams.alerts.episodes.marks import FUTURE_S, NEVER_US, Mark
from streams.alerts.episodes.record_view import n_values, points, unit_fits
from streams.alerts.episodes.state_machine import EpisodeState, advance, compacted, expire
from streams.alerts.episodes.window import Window
from streams.alerts.lives.alert import ALERTS_MAX, Alert, Evidence
from streams.alerts.lives.opening import current_state, known_until_us, may_open, next_unmute_us, unmuted
from streams.alerts.lives.reconcile import AlertPolicy, reconcile
from streams.alerts.lives.timers import TABLE
from streams.alerts.lives.user import RuleState
from streams.alerts.lives.user_update import UserUpdate
from streams.alerts.rules import Rule, RuleKind
from streams.alerts.rules.rule import CLOCKS_US
from streams.alerts.rules.rule_set import SeriesRules
from streams.events import SECOND_US
from streams.tables import state_key


@dataclass
class SeriesData:
    """What is known of a series. `gone`: marks that leave the window in this update."""

    window: Window
    gone: list[Mark]
    baselines: Baselines


def evaluate(update: UserUpdate, series: SeriesRules, view: RecordView) -> None:
    """Judge the numbers of a record."""
    if series.type and view.record.get("type") != series.type:
        return
    if not unit_fits(view, series.rules[0].unit):
        update.draft.count("alert_skipped", "unit", n=n_values(view))
        return
    found = list(points(view, series.field))
    days, has_learned = _learn(update, series, view, found)
    if view.is_past(update.clock_us, series.max_age_us):
        return
    window, gone = _add(update, series, view, found)
    data = SeriesData(window, gone or [], Baselines(days))
    marks = [*data.gone, *window.marks]
    within = extent(marks) if marks else None
    for rule in series.rules:
        if gone is not None or (has_learned and rule.kind is RuleKind.DEVIATION):
            _apply(update, rule, data, within)


def _add(
    update: UserUpdate, series: SeriesRules, view: RecordView, found: list[tuple[int, float]]
) -> tuple[Window, list[Mark] | None]:
    """(the window with new marks, those that leave it; None if it has not changed)."""
    key = _key(b"m|", update, view.topic, series)
    window = Window.decode(update.draft.get(TABLE, key))
    crowded = _crowded(update, view.topic, series)
    gone = window.add(found, view.provenance, view.received_ms, series.max_age_us, series.keep_us, crowded)
    if window.too_old and view.is_live:
        update.draft.count("alert_skipped", "too_old", n=window.too_old)
    if gone is not None:
        update.draft.put(TABLE, key, window.encode())
    return window, gone


def _learn(
    update: UserUpdate, series: SeriesRules, view: RecordView, found: list[tuple[int, float]]
) -> tuple[Days, bool]:
    """(values of the baseline, fetched history among them; whether any is new). Empty where no rule needs them."""
    if not series.learns:
        return {}, False
    key = _key(b"n|", update, view.topic, series)
    days = baseline.decode(update.draft.get(TABLE, key))
    is_news = baseline.add(days, found, view.provenance, view.received_ms * 1000 + FUTURE_S * SECOND_US)
    if is_news:
        update.draft.put(TABLE, key, baseline.encode(days))
    return days, is_news


def _key(prefix: bytes, update: UserUpdate, topic: str, series: SeriesRules, *more: str) -> bytes:
    return prefix + state_key(update.user_id, topic, series.name, *more)


def _crowded(update: UserUpdate, topic: str, series: SeriesRules) -> CrowdedMinutes:
    def key(minute: int) -> bytes:
        return _key(b"c|", update, topic, series, str(minute))

    return CrowdedMinutes(
        lambda minute: update.draft.get(TABLE, key(minute)),
        lambda minute, row: update.draft.put(TABLE, key(minute), row),
    )


def reevaluate(update: UserUpdate, rule: Rule) -> None:
    """Judge again without a record: time has passed, or the user's clock has moved."""
    series = SeriesRules.of((rule,))
    window = Window.decode(update.draft.get(TABLE, _key(b"m|", update, rule.topic, series)))
    days = baseline.decode(update.draft.get(TABLE, _key(b"n|", update, rule.topic, series))) if series.learns else {}
    if update.state_of(rule) is not None:
        _apply(update, rule, SeriesData(window, [], Baselines(days)), None)


def _apply(update: UserUpdate, rule: Rule, data: SeriesData, within: Extent | None) -> None:
    """Judge by the user's own bounds. `within`: None where every mark has to be looked at."""
    if update.is_off(rule):
        return
    personal = update.user.personal.get(rule.name)
    if personal is not None:
        rule = rule.personal(personal.bound, personal.clear)
    state = update.state_of(rule)
    if state is None and (within is None or not can_be_beyond(rule, within, data.baselines)):
        return
    _judge(update, rule, current_state(rule, state), data)


def _judge(update: UserUpdate, rule: Rule, state: RuleState, data: SeriesData) -> None:
    """Marks up to the horizon move the stored state for good; what follows from later ones is derived anew."""
    marks = [one for one in (*data.gone, *data.window.marks) if one.age_s * SECOND_US <= rule.max_age_us]
    found = levels(rule, marks, data.baselines)
    horizon_us = _horizon_us(rule, state, update.clock_us, data.window.past_us)
    cut = bisect_right(marks, horizon_us, key=_time)
    first = cut if state.since_us == NEVER_US else bisect_right(marks, state.since_us, key=_time)
    before, ended = advance(rule, state.episode_state, marks[first:cut], found[first:cut])
    before = expire(rule, before, horizon_us, ended)
    after, more = advance(rule, before, marks[cut:], found[cut:])
    after = expire(rule, after, known_until_us(update.clock_us, state.alerts), more)
    episodes = unmuted(update, rule, [*ended, *more, *((after.open,) if after.open else ())])
    alerts, transitions = reconcile(state.alerts, episodes, _policy(update, rule, data.window, horizon_us))
    update.emit(rule, transitions)
    due_us = _due_us(update, rule, after.open, [one for one in episodes if not any(a.touches(one) for a in alerts)])
    state = state._replace(since_us=horizon_us, episode_state=compacted(rule, before, horizon_us))
    # A rule without a state was idle at the horizon: it is remembered while any mark behind it is beyond.
    update.store_state(rule, _with_alerts(state, alerts), due_us, is_busy=BEYOND in found[cut:])


_time = attrgetter("time_us")


def _horizon_us(rule: Rule, state: RuleState, clock_us: int, past_us: int) -> int:
    """Up to where nothing can change any more: later are fresh marks, and all that a rule looks back at from them."""
    fresh_us = clock_us - rule.max_age_us - CLOCKS_US
    known_us = NEVER_US if past_us == NEVER_US else past_us + rule.change_within_us
    return max(state.since_us, fresh_us, known_us)


def _policy(update: UserUpdate, rule: Rule, window: Window, horizon_us: int) -> AlertPolicy:
    def evidence_of(episode: Episode) -> tuple[Evidence, ...]:
        return tuple(Evidence(mark.time_us, window.provenance(mark), mark.value) for mark in episode.marks)

    def is_final(alert: Alert) -> bool:
        return alert.opened_us <= horizon_us

    return AlertPolicy(update.user_id, rule, lambda episode: may_open(update, rule, episode), evidence_of, is_final)


def _due_us(update: UserUpdate, rule: Rule, open_one: Episode | None, held: list[Episode]) -> int | None:
    """When to judge again without a record. `held`: episodes without an alert."""
    looks = [next_unmute_us(update, rule, held)]
    if open_one and rule.resolve_after_us:
        looks.append(open_one.beyond_us + rule.resolve_after_us)
    return min((at_us for at_us in looks if at_us is not None), default=None)


def _with_alerts(state: RuleState, alerts: list[Alert]) -> RuleState:
    """Without alerts that no fresh data can change; of more than ALERTS_MAX the oldest stay as they were emitted."""
    while alerts and (ended_us := alerts[0].ended_us) is not None:
        if ended_us > state.since_us:
            if len(alerts) <= ALERTS_MAX:
                break
            state = state._replace(since_us=ended_us, episode_state=EpisodeState(ended_us=ended_us))
        alerts = alerts[1:]
    return state._replace(alerts=tuple(alerts))
