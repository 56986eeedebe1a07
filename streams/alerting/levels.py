"""What a rule says about each mark: beyond (+1), calm (-1), or between the two (0), where nothing opens or ends."""

from collections import deque
from collections.abc import Sequence

from streams.alerting import baseline
from streams.alerting.baseline import Days, Normal
from streams.alerting.marks import Mark
from streams.alerting.rules import DAY_US, Kind, Rule

BEYOND, BETWEEN, CALM = 1, 0, -1


def can_be_beyond(rule: Rule, low: float, high: float) -> bool:
    """Whether any value between these may be beyond: spares most rules a look at every mark."""
    if rule.kind is Kind.THRESHOLD:
        return high > rule.bound if rule.side > 0 else low < rule.bound
    return high - low >= rule.bound if rule.kind is Kind.RATE else True


def levels(rule: Rule, marks: Sequence[Mark], days: Days) -> list[int]:
    """One for each mark; they are sorted by time. `days`: the user's baseline, for deviations."""
    if rule.kind is Kind.THRESHOLD:
        return [_level(rule.side * mark.value, rule.side * rule.bound, rule.side * rule.clear) for mark in marks]
    if rule.kind is Kind.RATE:
        return _rate(rule, marks)
    return _deviation(rule, marks, days)


def _level(x: float, bound: float, clear: float) -> int:
    return BEYOND if x > bound else CALM if x <= clear else BETWEEN


def _rate(rule: Rule, marks: Sequence[Mark]) -> list[int]:
    """The change of a mark is that against the lowest (for a fall: highest) one not long before it."""
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


def _deviation(rule: Rule, marks: Sequence[Mark], days: Days) -> list[int]:
    normals: dict[int, Normal | None] = {}
    found = []
    for mark in marks:
        day = mark.time_us // DAY_US
        if day not in normals:
            normals[day] = baseline.normal(days, day, rule.days, rule.days_min)
        normal = normals[day]
        x = None if normal is None or not normal.sd else rule.side * (mark.value - normal.mean) / normal.sd
        found.append(BETWEEN if x is None else _level(x, rule.bound, rule.clear))
    return found
