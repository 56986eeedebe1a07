"""From levels to episodes: when a rule begins to be true of a user, and when it ends. Pure, in the order of data time.

Hysteresis: only marks beyond the bound open, only calm ones end; between the two nothing changes, so a value that
moves about there never makes an alert flap. An episode without a mark beyond for `resolve_after` is over, too.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from streams.alerts.episodes.levels import BEYOND, CALM
from streams.alerts.episodes.marks import NEVER_US, Mark
from streams.alerts.rules.rule import Rule


class How(StrEnum):
    """Why an alert is over."""

    CLEARED = "cleared"  # calm again; the connection is back; data came
    EXPIRED = "expired"  # nothing beyond for as long as the rule says
    CORRECTED = "corrected"  # changed or late data: it was never so
    RULE_GONE = "rule_gone"  # the rule was removed or switched off


class Episode(NamedTuple):
    """A time in which a rule is true. Times are those of the data. `marks`: those that opened it, first and last kept.

    `subject`: what it is about, for events; episodes of one subject do not overlap.
    """

    first_us: int
    opened_us: int
    beyond_us: int
    marks: tuple[Mark, ...] = ()
    ended_us: int | None = None
    how: How | None = None
    subject: str = ""


class Machine(NamedTuple):
    """Where a rule stands after some marks. `run`: those beyond in a row that matter for opening."""

    run: tuple[Mark, ...] = ()
    open: Episode | None = None
    calm: int = 0
    ended_us: int = NEVER_US


IDLE = Machine()


def steps(rule: Rule, machine: Machine, marks: Iterable[Mark], levels: Sequence[int]) -> tuple[Machine, list[Episode]]:
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


def expire(rule: Rule, machine: Machine, until_us: int, ended: list[Episode]) -> Machine:
    """The machine at a later time without marks. What ends is added to `ended`."""
    limit = rule.resolve_after_us
    if not limit:
        return machine
    if machine.open and until_us > machine.open.beyond_us + limit:
        return _end(machine, machine.open, machine.open.beyond_us + limit, How.EXPIRED, ended)
    if machine.run and until_us > machine.run[-1].time_us + limit:
        return machine._replace(run=())
    return machine


def _end(machine: Machine, episode: Episode, at_us: int, how: How, ended: list[Episode]) -> Machine:
    ended.append(episode._replace(ended_us=at_us, how=how))
    return Machine(ended_us=at_us)


def _beyond(rule: Rule, machine: Machine, mark: Mark) -> Machine:
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


def _calm(rule: Rule, machine: Machine, mark: Mark, ended: list[Episode]) -> Machine:
    if machine.open is None:
        return machine._replace(run=())
    if machine.calm + 1 >= rule.clear_samples:
        return _end(machine, machine.open, mark.time_us, How.CLEARED, ended)
    return machine._replace(calm=machine.calm + 1)


def settled(rule: Rule, machine: Machine, since_us: int) -> Machine:
    """IDLE for what says nothing about marks after a time, so that it need not be stored."""
    is_over = machine.ended_us + rule.cooldown_us <= since_us
    return IDLE if is_over and not machine.run and machine.open is None else machine
