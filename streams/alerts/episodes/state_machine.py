"""From levels to episodes, in the order of the marks' own times: when a rule begins to be true, and when it ends.

Hysteresis: only marks beyond the bound open an episode, only calm ones end it. Between the two nothing changes, so a
value that moves there never makes an alert flap. An episode without a mark beyond for `resolve_after` ends, too.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.episodes.levels import BEYOND, CALM
from streams.alerts.episodes.marks import NEVER_US, Mark
from streams.alerts.rules import Rule


class EpisodeState(NamedTuple):
    """After some marks. `run`: marks beyond in a row that do not open an episode yet. `calm`: calm marks in a row."""

    run: tuple[Mark, ...] = ()
    open: Episode | None = None
    calm: int = 0
    ended_us: int = NEVER_US


IDLE = EpisodeState()


def advance(
    rule: Rule, state: EpisodeState, marks: Iterable[Mark], levels: Sequence[int]
) -> tuple[EpisodeState, list[Episode]]:
    """(the state after the marks, episodes that ended)."""
    ended: list[Episode] = []
    if state == IDLE and BEYOND not in levels:
        return state, ended
    for mark, level in zip(marks, levels, strict=True):
        state = expire(rule, state, mark.time_us, ended)
        if level == BEYOND:
            state = _beyond(rule, state, mark)
        elif level == CALM and (state.open or state.run):
            state = _calm(rule, state, mark, ended)
    return state, ended


def expire(rule: Rule, state: EpisodeState, until_us: int, ended: list[Episode]) -> EpisodeState:
    """The state at a later time without marks. An episode that ends is added to `ended`."""
    limit = rule.resolve_after_us
    if not limit:
        return state
    if state.open and until_us > state.open.beyond_us + limit:
        return _end(state, state.open, state.open.beyond_us + limit, Resolution.EXPIRED, ended)
    if state.run and until_us > state.run[-1].time_us + limit:
        return state._replace(run=())
    return state


def _end(
    state: EpisodeState, episode: Episode, at_us: int, resolution: Resolution, ended: list[Episode]
) -> EpisodeState:
    ended.append(episode._replace(ended_us=at_us, resolution=resolution))
    return EpisodeState(ended_us=at_us)


def _beyond(rule: Rule, state: EpisodeState, mark: Mark) -> EpisodeState:
    if state.open:
        return state._replace(open=state.open._replace(beyond_us=mark.time_us), calm=0)
    run = (*state.run[:1], mark) if rule.lasting_us else (*state.run, mark)[-rule.samples :]
    if _is_enough(rule, run) and mark.time_us >= state.ended_us + rule.cooldown_us:
        opened = Episode(run[0].time_us, mark.time_us, mark.time_us, run)
        return state._replace(run=(), open=opened, calm=0)
    return state._replace(run=run)


def _is_enough(rule: Rule, run: tuple[Mark, ...]) -> bool:
    span_us = run[-1].time_us - run[0].time_us
    if rule.lasting_us:
        return span_us >= rule.lasting_us
    return len(run) >= rule.samples and (rule.samples == 1 or span_us <= rule.within_us)


def _calm(rule: Rule, state: EpisodeState, mark: Mark, ended: list[Episode]) -> EpisodeState:
    if state.open is None:
        return state._replace(run=())
    if state.calm + 1 >= rule.clear_samples:
        return _end(state, state.open, mark.time_us, Resolution.CLEARED, ended)
    return state._replace(calm=state.calm + 1)


def compacted(rule: Rule, state: EpisodeState, since_us: int) -> EpisodeState:
    """IDLE for a state that decides nothing about later marks, so that it need not be stored."""
    is_over = state.ended_us + rule.cooldown_us <= since_us
    return IDLE if is_over and not state.run and state.open is None else state
