"""The level of each mark under a rule: beyond (+1), calm (-1), or between (0), where no episode opens or ends."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from streams.alerts.episodes.baseline import Baseline, Baselines
from streams.alerts.episodes.marks import Mark
from streams.alerts.rules import Rule, RuleKind
from streams.events import DAY_US

BEYOND, BETWEEN, CALM = 1, 0, -1


class Extent(NamedTuple):
    """Between which values, and on which days since 1970, the marks lie."""

    low: float
    high: float
    days: range


def extent(marks: Sequence[Mark]) -> Extent:
    """Of marks that are sorted by time; at least one."""
    values = [mark.value for mark in marks]
    return Extent(min(values), max(values), range(marks[0].time_us // DAY_US, marks[-1].time_us // DAY_US + 1))


def can_be_beyond(rule: Rule, within: Extent, baselines: Baselines) -> bool:
    """Whether any of the marks may be beyond. If not, no mark has to be looked at."""
    if rule.kind is RuleKind.THRESHOLD:
        return within.high > rule.bound if rule.side > 0 else within.low < rule.bound
    if rule.kind is RuleKind.RATE:
        return within.high - within.low >= rule.bound
    farthest = within.high if rule.side > 0 else within.low
    return any(_deviation(rule, farthest, baselines.of(rule, day)) == BEYOND for day in within.days)


def levels(rule: Rule, marks: Sequence[Mark], baselines: Baselines) -> list[int]:
    """One for each mark, which are sorted by time. `baselines`: the user's own, for deviations."""
    if rule.kind is RuleKind.THRESHOLD:
        return [_level(rule.side * mark.value, rule.side * rule.bound, rule.side * rule.clear) for mark in marks]
    if rule.kind is RuleKind.RATE:
        return _rate(rule, marks)
    return [_deviation(rule, mark.value, baselines.of(rule, mark.time_us // DAY_US)) for mark in marks]


def _level(x: float, bound: float, clear: float) -> int:
    return BEYOND if x > bound else CALM if x <= clear else BETWEEN


def _rate(rule: Rule, marks: Sequence[Mark]) -> list[int]:
    """The change of a mark is its difference to the lowest (for a fall: highest) one within `change_within`."""
    found, before = [], deque[tuple[int, float]]()  # of the marks before, those that are lower than all after them
    for mark in marks:
        x = rule.side * mark.value
        while before and before[0][0] < mark.time_us - rule.change_within_us:
            before.popleft()
        change = x - before[0][1] if before else None
        found.append(BETWEEN if change is None else _change(change, rule))
        while before and before[-1][1] >= x:
            before.pop()
        before.append((mark.time_us, x))
    return found


def _change(change: float, rule: Rule) -> int:
    return BEYOND if change >= rule.bound else CALM if change < rule.clear else BETWEEN


def _deviation(rule: Rule, value: float, baseline: Baseline | None) -> int:
    if baseline is None or not baseline.sd:
        return BETWEEN
    return _level(rule.side * (value - baseline.mean) / baseline.sd, rule.bound, rule.clear)
