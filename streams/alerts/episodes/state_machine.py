"""From levels to episodes: when a rule begins to be true of a user, and when it ends. Pure, in the order of data time.

Hysteresis: only marks beyond the bound open, only calm ones end; between the two nothing changes, so a value that
moves about there never makes an alert flap. An episode without a mark beyond for `resolve_after` is over, too.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.episodes.levels import BEYOND, CALM
from streams.alerts.episodes.marks import NEVER_US, Mark
from streams.alerts.rules.rule import Rule


class EpisodeState(NamedTuple):
    """Where a rule stands after some marks. `run`: those beyond in a row that matter for opening."""

    run: tuple[Mark, ...] = ()
    open: Episode | None = None
    calm: int = 0
    ended_us: int = NEVER_US


IDLE = EpisodeState()


def advance(
    rule: Rule, machine: EpisodeState, marks: Iterable[Mark], levels: Sequence[int]
) -> tuple[EpisodeState, list[Episode]]:
    """(where the rule stands after the marks, episodes that ended on the way)."""
    ended: list[Episode] = []
    if machine == IDLE and BEYOND not in levels:
        return machine, ended
    for mark, level in zip(marks, levels, strict=True):
        machine = expire(rule, machine, mark.time_us, ended)
        if level == BEYOND:
            machine = _beyond(rule, machine, mark)
        elif level == CALM and (machine.open or machine.run):
            machine = _calm(rule, machine, mark, ended)
    return machine, ended


def expire(rule: Rule, machine: EpisodeState, until_us: int, ended: list[Episode]) -> EpisodeState:
    """The machine at a later time without marks. What ends is added to `ended`."""
    limit = rule.resolve_after_us
    if not limit:
        return machine
    if machine.open and until_us > machine.open.beyond_us + limit:
        return _end(machine, machine.open, machine.open.beyond_us + limit, Resolution.EXPIRED, ended)
    if machine.run and until_us > machine.run[-1].time_us + limit:
        return machine._replace(run=())
    return machine


def _end(machine: EpisodeState, episode: Episode, at_us: int, how: Resolution, ended: list[Episode]) -> EpisodeState:
    ended.append(episode._replace(ended_us=at_us, resolution=how))
    return EpisodeState(ended_us=at_us)


def _beyond(rule: Rule, machine: EpisodeState, mark: Mark) -> EpisodeState:
    if machine.open:
        return machine._replace(open=machine.open._replace(beyond_us=mark.time_us), calm=0)
    run = (*machine.run[:1], mark) if rule.lasting_us else (*machine.run, mark)[-rule.samples :]
    if _is_enough(rule, run) and mark.time_us >= machine.ended_us + rule.cooldown_us:
        opened = Episode(run[0].time_us, mark.time_us, mark.time_us, run)
        return machine._replace(run=(), open=opened, calm=0)
    return machine._replace(run=run)


def _is_enough(rule: Rule, run: tuple[Mark, ...]) -> bool:
    span_us = run[-1].time_us - run[0].time_us
    if rule.lasting_us:
        return span_us >= rule.lasting_us
    return len(run) >= rule.samples and (rule.samples == 1 or span_us <= rule.within_us)


def _calm(rule: Rule, machine: EpisodeState, mark: Mark, ended: list[Episode]) -> EpisodeState:
    if machine.open is None:
        return machine._replace(run=())
    if machine.calm + 1 >= rule.clear_samples:
        return _end(machine, machine.open, mark.time_us, Resolution.CLEARED, ended)
    return machine._replace(calm=machine.calm + 1)


def compacted(rule: Rule, machine: EpisodeState, since_us: int) -> EpisodeState:
    """IDLE for what says nothing about marks after a time, so that it need not be stored."""
    is_over = machine.ended_us + rule.cooldown_us <= since_us
    return IDLE if is_over and not machine.run and machine.open is None else machine
