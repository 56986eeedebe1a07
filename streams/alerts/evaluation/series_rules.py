"""Rules about numbers: one window of marks and one baseline serve all rules of a series."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from streams.alerts.episodes import baseline
from streams.alerts.episodes.baseline import Baselines, Days
from streams.alerts.episodes.crowded_minutes import CrowdedMinutes
from streams.alerts.episodes.episode import Episode
from streams.alerts.episodes.levels import BEYOND, Extent, can_be_beyond, extent, levels
from streams.alerts.episodes.marks import FUTURE_S, NEVER_US, Mark
from streams.alerts.episodes.record_view import RecordView, n_values, points, unit_fits
from streams.alerts.episodes.state_machine import EpisodeState, advance, compacted, expire
from streams.alerts.episodes.window import Window
from streams.alerts.lives.alert import ALERTS_MAX, Alert, Evidence
from streams.alerts.lives.opening import current_state, known_until_us, may_open, next_unmute_us, unmuted
from streams.alerts.lives.reconcile import AlertPolicy, reconcile
from streams.alerts.lives.timers import TABLE
from streams.alerts.lives.user import RuleState
from streams.alerts.lives.user_update import UserUpdate
from streams.alerts.rules.rule import CLOCKS_US, SECOND_US, Rule, RuleKind
from streams.alerts.rules.rule_set import SeriesRules
from streams.tables.keys import state_key


@dataclass
class SeriesData:
    """What is known of a series. `gone`: marks that leave the window in this turn."""

    window: Window
    gone: list[Mark]
    normals: Baselines


def evaluate(turn: UserUpdate, series: SeriesRules, seen: RecordView) -> None:
    """Judge the numbers that a record brings."""
    if series.type and seen.record.get("type") != series.type:
        return
    if not unit_fits(seen, series.rules[0].unit):
        turn.draft.count("alert_skipped", "unit", n=n_values(seen))
        return
    found = list(points(seen, series.field))
    days, has_learned = _learn(turn, series, seen, found)
    if not seen.is_live:
        return
    key = _key(b"m|", turn, seen.topic, series)
    window = Window.decode(turn.draft.get(TABLE, key))
    crowds = _crowds(turn, seen.topic, series)
    gone = window.add(found, seen.evidence, seen.received_ms, series.max_age_us, series.keep_us, crowds)
    if window.too_old:
        turn.draft.count("alert_skipped", "too_old", n=window.too_old)
    if gone is not None:
        turn.draft.put(TABLE, key, window.encode())
    known = SeriesData(window, gone or [], Baselines(days))
    marks = [*known.gone, *window.marks]
    within = extent(marks) if marks else None
    for rule in series.rules:
        if gone is not None or (has_learned and rule.kind is RuleKind.DEVIATION):
            _apply(turn, rule, known, within)


def _learn(
    turn: UserUpdate, series: SeriesRules, seen: RecordView, found: list[tuple[int, float]]
) -> tuple[Days, bool]:
    """(the baseline with what the record says, history too, whether that is news); empty where no rule needs it."""
    if not series.learns:
        return {}, False
    key = _key(b"n|", turn, seen.topic, series)
    days = baseline.decode(turn.draft.get(TABLE, key))
    is_news = baseline.add(days, found, seen.evidence, seen.received_ms * 1000 + FUTURE_S * SECOND_US)
    if is_news:
        turn.draft.put(TABLE, key, baseline.encode(days))
    return days, is_news


def _key(prefix: bytes, turn: UserUpdate, topic: str, series: SeriesRules, *more: str) -> bytes:
    return prefix + state_key(turn.user_id, topic, series.name, *more)


def _crowds(turn: UserUpdate, topic: str, series: SeriesRules) -> CrowdedMinutes:
    def key(minute: int) -> bytes:
        return _key(b"c|", turn, topic, series, str(minute))

    return CrowdedMinutes(
        lambda minute: turn.draft.get(TABLE, key(minute)), lambda minute, row: turn.draft.put(TABLE, key(minute), row)
    )


def reevaluate(turn: UserUpdate, rule: Rule) -> None:
    """Judge again without a record: time has passed."""
    series = SeriesRules.of((rule,))
    window = Window.decode(turn.draft.get(TABLE, _key(b"m|", turn, rule.topic, series)))
    days = baseline.decode(turn.draft.get(TABLE, _key(b"n|", turn, rule.topic, series))) if series.learns else {}
    if turn.standing(rule) is not None:
        _apply(turn, rule, SeriesData(window, [], Baselines(days)), None)


def _apply(turn: UserUpdate, rule: Rule, known: SeriesData, within: Extent | None) -> None:
    personal = turn.user.personal.get(rule.name)
    if personal is not None:
        if personal.is_off:
            return
        rule = rule.personal(personal.bound, personal.clear)
    standing = turn.standing(rule)
    if standing is None and (within is None or not can_be_beyond(rule, within, known.normals)):
        return
    _judge(turn, rule, current_state(rule, standing), known)


def _judge(turn: UserUpdate, rule: Rule, standing: RuleState, known: SeriesData) -> None:
    """Marks up to the horizon move the rule for good; what is behind it is derived anew each time.

    A rule that stands nowhere was idle at the horizon: it is remembered while any mark behind it is beyond.
    """
    marks = [one for one in (*known.gone, *known.window.marks) if one.age_s * SECOND_US <= rule.max_age_us]
    found = levels(rule, marks, known.normals)
    horizon_us = _horizon_us(rule, standing, turn.clock_us, known.window.past_us)
    cut = bisect_right(marks, horizon_us, key=_time)
    first = cut if standing.since_us == NEVER_US else bisect_right(marks, standing.since_us, key=_time)
    before, ended = advance(rule, standing.machine, marks[first:cut], found[first:cut])
    before = expire(rule, before, horizon_us, ended)
    after, more = advance(rule, before, marks[cut:], found[cut:])
    after = expire(rule, after, known_until_us(turn.clock_us, standing.told), more)
    episodes = unmuted(turn, rule, [*ended, *more, *((after.open,) if after.open else ())])
    teller = AlertPolicy(
        turn.user_id,
        rule,
        lambda episode: may_open(turn, rule, episode),
        lambda episode: _proofs(known.window, episode),
        lambda told: told.opened_us <= horizon_us,
    )
    told, transitions = reconcile(standing.told, episodes, teller)
    turn.tell(rule, transitions)
    looks_at = [next_unmute_us(turn, rule, [one for one in episodes if not _is_told(one, told)])]
    if after.open and rule.resolve_after_us:
        looks_at.append(after.open.beyond_us + rule.resolve_after_us)
    standing = standing._replace(since_us=horizon_us, machine=compacted(rule, before, horizon_us))
    due_us = min((at for at in looks_at if at is not None), default=None)
    turn.settle(rule, _forget(standing, told), due_us, is_busy=BEYOND in found[cut:])


_time = attrgetter("time_us")


def _horizon_us(rule: Rule, standing: RuleState, clock_us: int, past_us: int) -> int:
    """Up to where nothing can change any more: what is fresh lies behind it, and all that a rule looks back at, too."""
    fresh_us = clock_us - rule.max_age_us - CLOCKS_US
    known_us = NEVER_US if past_us == NEVER_US else past_us + rule.change_within_us
    return max(standing.since_us, fresh_us, known_us)


def _is_told(episode: Episode, told: Sequence[Alert]) -> bool:
    return any(one.touches(episode) for one in told)


def _proofs(window: Window, episode: Episode) -> tuple[Evidence, ...]:
    return tuple(Evidence(mark.time_us, window.evidence(mark), mark.value) for mark in episode.marks)


def _forget(standing: RuleState, told: list[Alert]) -> RuleState:
    """Without alerts that nothing fresh can change any more; of very many the oldest are left as they are."""
    while told and (ended_us := told[0].ended_us) is not None:
        if ended_us > standing.since_us:
            if len(told) <= ALERTS_MAX:
                break
            standing = standing._replace(since_us=ended_us, machine=EpisodeState(ended_us=ended_us))
        told = told[1:]
    return standing._replace(told=tuple(told))
