"""Rules about numbers: one window of marks and one baseline serve all rules of a series."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from streams.alerts.episodes import baseline
from streams.alerts.episodes.baseline import Days, Normals
from streams.alerts.episodes.crowded_minutes import Crowds
from streams.alerts.episodes.levels import BEYOND, Extent, can_be_beyond, extent, levels
from streams.alerts.episodes.marks import FUTURE_S, NEVER_US, Mark, Window
from streams.alerts.episodes.record_view import Observed, n_values, points, unit_fits
from streams.alerts.episodes.state_machine import Episode, Machine, expire, settled, steps
from streams.alerts.lives.alert import TOLD_MAX, Proof, Teller, Told, reconcile
from streams.alerts.lives.opening import current, may_open, next_look_us, until_us, waking
from streams.alerts.lives.timers import TABLE
from streams.alerts.lives.user import Standing
from streams.alerts.lives.user_update import Turn
from streams.alerts.rules.rule import CLOCKS_US, SECOND_US, Kind, Rule, Series
from streams.tables.keys import state_key


@dataclass
class Known:
    """What is known of a series. `gone`: marks that leave the window in this turn."""

    window: Window
    gone: list[Mark]
    normals: Normals


def saw(turn: Turn, series: Series, seen: Observed) -> None:
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
    known = Known(window, gone or [], Normals(days))
    marks = [*known.gone, *window.marks]
    within = extent(marks) if marks else None
    for rule in series.rules:
        if gone is not None or (has_learned and rule.kind is Kind.DEVIATION):
            _apply(turn, rule, known, within)


def _learn(turn: Turn, series: Series, seen: Observed, found: list[tuple[int, float]]) -> tuple[Days, bool]:
    """(the baseline with what the record says, history too, whether that is news); empty where no rule needs it."""
    if not series.learns:
        return {}, False
    key = _key(b"n|", turn, seen.topic, series)
    days = baseline.decode(turn.draft.get(TABLE, key))
    is_news = baseline.add(days, found, seen.evidence, seen.received_ms * 1000 + FUTURE_S * SECOND_US)
    if is_news:
        turn.draft.put(TABLE, key, baseline.encode(days))
    return days, is_news


def _key(prefix: bytes, turn: Turn, topic: str, series: Series, *more: str) -> bytes:
    return prefix + state_key(turn.user_id, topic, series.name, *more)


def _crowds(turn: Turn, topic: str, series: Series) -> Crowds:
    def key(minute: int) -> bytes:
        return _key(b"c|", turn, topic, series, str(minute))

    return Crowds(
        lambda minute: turn.draft.get(TABLE, key(minute)), lambda minute, row: turn.draft.put(TABLE, key(minute), row)
    )


def look(turn: Turn, rule: Rule) -> None:
    """Judge again without a record: time has passed."""
    series = Series.of((rule,))
    window = Window.decode(turn.draft.get(TABLE, _key(b"m|", turn, rule.topic, series)))
    days = baseline.decode(turn.draft.get(TABLE, _key(b"n|", turn, rule.topic, series))) if series.learns else {}
    if turn.standing(rule) is not None:
        _apply(turn, rule, Known(window, [], Normals(days)), None)


def _apply(turn: Turn, rule: Rule, known: Known, within: Extent | None) -> None:
    personal = turn.user.personal.get(rule.name)
    if personal is not None:
        if personal.is_off:
            return
        rule = rule.personal(personal.bound, personal.clear)
    standing = turn.standing(rule)
    if standing is None and (within is None or not can_be_beyond(rule, within, known.normals)):
        return
    _judge(turn, rule, current(rule, standing), known)


def _judge(turn: Turn, rule: Rule, standing: Standing, known: Known) -> None:
    """Marks up to the horizon move the rule for good; what is behind it is derived anew each time.

    A rule that stands nowhere was idle at the horizon: it is remembered while any mark behind it is beyond.
    """
    marks = [one for one in (*known.gone, *known.window.marks) if one.age_s * SECOND_US <= rule.max_age_us]
    found = levels(rule, marks, known.normals)
    horizon_us = _horizon_us(rule, standing, turn.clock_us, known.window.past_us)
    cut = bisect_right(marks, horizon_us, key=_time)
    first = cut if standing.since_us == NEVER_US else bisect_right(marks, standing.since_us, key=_time)
    before, ended = steps(rule, standing.machine, marks[first:cut], found[first:cut])
    before = expire(rule, before, horizon_us, ended)
    after, more = steps(rule, before, marks[cut:], found[cut:])
    after = expire(rule, after, until_us(turn.clock_us, standing.told), more)
    episodes = waking(turn, rule, [*ended, *more, *((after.open,) if after.open else ())])
    teller = Teller(
        turn.user_id,
        rule,
        lambda episode: may_open(turn, rule, episode),
        lambda episode: _proofs(known.window, episode),
        lambda told: told.opened_us <= horizon_us,
    )
    told, transitions = reconcile(standing.told, episodes, teller)
    turn.tell(rule, transitions)
    looks_at = [next_look_us(turn, rule, [one for one in episodes if not _is_told(one, told)])]
    if after.open and rule.resolve_after_us:
        looks_at.append(after.open.beyond_us + rule.resolve_after_us)
    standing = standing._replace(since_us=horizon_us, machine=settled(rule, before, horizon_us))
    due_us = min((at for at in looks_at if at is not None), default=None)
    turn.settle(rule, _forget(standing, told), due_us, is_busy=BEYOND in found[cut:])


_time = attrgetter("time_us")


def _horizon_us(rule: Rule, standing: Standing, clock_us: int, past_us: int) -> int:
    """Up to where nothing can change any more: what is fresh lies behind it, and all that a rule looks back at, too."""
    fresh_us = clock_us - rule.max_age_us - CLOCKS_US
    known_us = NEVER_US if past_us == NEVER_US else past_us + rule.change_within_us
    return max(standing.since_us, fresh_us, known_us)


def _is_told(episode: Episode, told: Sequence[Told]) -> bool:
    return any(one.touches(episode) for one in told)


def _proofs(window: Window, episode: Episode) -> tuple[Proof, ...]:
    return tuple(Proof(mark.time_us, window.evidence(mark), mark.value) for mark in episode.marks)


def _forget(standing: Standing, told: list[Told]) -> Standing:
    """Without alerts that nothing fresh can change any more; of very many the oldest are left as they are."""
    while told and (ended_us := told[0].ended_us) is not None:
        if ended_us > standing.since_us:
            if len(told) <= TOLD_MAX:
                break
            standing = standing._replace(since_us=ended_us, machine=Machine(ended_us=ended_us))
        told = told[1:]
    return standing._replace(told=tuple(told))
