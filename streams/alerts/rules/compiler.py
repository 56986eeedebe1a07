"""From a written rule to one that can be applied: does it make sense, and in which units. Problems are collected."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from streams.alerts.rules import fields
from streams.alerts.rules.literals import Quantity, in_our_unit
from streams.alerts.rules.rule import DAY_US, HOUR_US, Kind, Rule
from streams.alerts.rules.specs import (
    Written,
    WrittenDeviation,
    WrittenEvent,
    WrittenRate,
    WrittenRun,
    WrittenSilence,
    WrittenThreshold,
)
from streams.events import resources

# (age at which data are too old to alert, time without anything beyond after which an alert is over)
_OF_SERIES, _OF_SUMMARY, _OF_EVENT = (2 * HOUR_US, 6 * HOUR_US), (36 * HOUR_US, 3 * DAY_US), (DAY_US, DAY_US)


@dataclass
class Nonsense:
    """Problems of one rule: (key, what is wrong, what to do)."""

    found: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, key: str, text: str, hint: str = "") -> None:
        self.found.append((key, text, hint))


def near(name: str, names: Any) -> str:
    """A hint: what the writer may have meant."""
    begins = [one for one in sorted(names) if name and one.startswith(name)]
    close = get_close_matches(name, sorted(names), 1) or begins
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(names)[:12])}"


def made(written: Written, nonsense: Nonsense) -> Rule | None:
    """The rule; None if anything is wrong, and then `nonsense` says what."""
    step: Callable[[Any, Nonsense, Rule], Rule] = _STEPS[type(written)]
    topic = resources.normalise(written.resource)
    if topic not in _TOPICS[type(written)]:
        nonsense.add(
            "resource", f"no resource {written.resource!r} here", near(written.resource, _TOPICS[type(written)])
        )
        return None
    rule = step(written, nonsense, _common(written, topic))
    return None if nonsense.found else rule


def _common(written: Written, topic: str) -> Rule:
    kind = Kind(written.kind)  # type: ignore[attr-defined]  # because every kind of written rule has it
    is_event = kind in (Kind.EVENT, Kind.SILENCE)
    age, over = _OF_EVENT if is_event else _OF_SERIES if fields.is_series(topic) else _OF_SUMMARY
    if topic in fields.STATES or kind is Kind.SILENCE:
        over = 0  # a state lasts until another one is reported
    return Rule(
        name=written.name,
        kind=kind,
        topic=topic,
        severity=written.severity,
        summary=written.summary or written.name,
        link=written.link,
        has_values=written.values,
        is_enabled=written.enabled,
        max_age_us=age if written.max_age is None else written.max_age,
        cooldown_us=written.cooldown,
        resolve_after_us=over if written.resolve_after is None else written.resolve_after,
        remind_us=written.remind,
        quiet=written.quiet,
    )


def _run(written: WrittenRun, nonsense: Nonsense, rule: Rule) -> Rule:
    """The field with its unit, and how many samples make it true."""
    known = fields.numbers(rule.topic)
    name = written.field or (fields.VALUE if fields.VALUE in known else "")
    if not name:
        nonsense.add("resource", f"{rule.topic} has several numbers", f"say which: field = one of {', '.join(known)}")
        return rule
    if name not in known:
        nonsense.add("field", f"{rule.topic} has no number {name!r}", near(name, known))
        return rule
    if written.samples > 1 and written.lasting:
        nonsense.add("lasting", "samples and lasting at once", "one of the two says when it is true")
    if written.samples > 1 and not written.within:
        nonsense.add("samples", "within which time?", 'add within = "15m", or another duration')
    if written.samples == 1 and written.within:
        nonsense.add("within", "of one sample", "add samples = 2, or leave it out")
    has_types = "type" in getattr(resources.get(rule.topic), "key_extra", ())
    if has_types and not written.type:
        nonsense.add("resource", f"samples of {rule.topic} are of several types", "say which: type = the one you mean")
    if written.type and not fields.is_series(rule.topic):
        nonsense.add("type", "goes with timeseries only")
    return replace(
        rule, field=name, unit=known[name], type=written.type, samples=written.samples, within_us=written.within,
        lasting_us=written.lasting, clear_samples=written.clear_samples,
    )  # fmt: skip


def _amount(given: Quantity, key: str, nonsense: Nonsense, rule: Rule) -> float:
    if given.unit == rule.unit:
        return given.number
    if not rule.unit:
        nonsense.add(key, f"{rule.topic}.{rule.field} has no unit", f"write {key} = {given.number:g}")
    elif not given.unit:
        nonsense.add(key, "no unit", f'write {key} = "{given.number:g} {rule.unit}"')
    else:
        ours = in_our_unit(rule.topic, given)
        is_so = "" if ours is None else f"; {given.number:g} {given.unit} is {ours:g} {rule.unit}"
        nonsense.add(key, f"{rule.topic} is in {rule.unit}, not in {given.unit}", f"write it in {rule.unit}{is_so}")
    return given.number


def _one_of(nonsense: Nonsense, **given: Any) -> tuple[str, Any] | None:
    """The one that is given."""
    there = {key: value for key, value in given.items() if value is not None}
    if len(there) == 1:
        return next(iter(there.items()))
    names = " or ".join(given)
    nonsense.add(list(there)[-1] if there else "kind", f"needs one of {names}" if not there else f"{names}, not both")
    return None


def _threshold(written: WrittenThreshold, nonsense: Nonsense, rule: Rule) -> Rule:
    rule = _run(written, nonsense, rule)
    one = _one_of(nonsense, above=written.above, below=written.below)
    if not rule.field or one is None:
        return rule
    key, given = one
    side = 1 if key == "above" else -1
    calm_key, wrong_key = ("clear_below", "clear_above") if side > 0 else ("clear_above", "clear_below")
    if getattr(written, wrong_key) is not None:
        nonsense.add(wrong_key, f"does not go with {key}", f"write {calm_key}")
    bound = _amount(given, key, nonsense, rule)
    calm_given = getattr(written, calm_key)
    calm = bound if calm_given is None else _amount(calm_given, calm_key, nonsense, rule)
    if not nonsense.found and side * calm > side * bound:
        nonsense.add(calm_key, f"lies on the wrong side of {key}", "calm has to begin at the bound or behind it")
    return replace(rule, side=side, bound=bound, clear=calm)


def _rate(written: WrittenRate, nonsense: Nonsense, rule: Rule) -> Rule:
    rule = _run(written, nonsense, rule)
    one = _one_of(nonsense, rises=written.rises, falls=written.falls)
    if not rule.field or one is None:
        return rule
    key, given = one
    change = _amount(given, key, nonsense, rule)
    calm = change if written.clear is None else _amount(written.clear, "clear", nonsense, rule)
    if change <= 0:
        nonsense.add(key, "no change at all", f"{key} is the size of the change, above 0")
    if calm > change:
        nonsense.add("clear", f"more than {key}", f"calm is a change of at most {key}")
    side = 1 if key == "rises" else -1
    return replace(rule, side=side, bound=change, clear=calm, change_within_us=written.change_within)


def _deviation(written: WrittenDeviation, nonsense: Nonsense, rule: Rule) -> Rule:
    rule = _run(written, nonsense, rule)
    one = _one_of(nonsense, above_sd=written.above_sd, below_sd=written.below_sd)
    if one is None:
        return rule
    key, bound = one
    calm = bound if written.clear_sd is None else written.clear_sd
    if calm > bound:
        nonsense.add("clear_sd", f"more than {key}", f"calm is at most {key} standard deviations")
    if written.days_min > written.days:
        nonsense.add("days_min", "more than days", "the baseline could never be long enough")
    side = 1 if key == "above_sd" else -1
    return replace(rule, side=side, bound=bound, clear=calm, days=written.days, days_min=written.days_min)


def _event(written: WrittenEvent, nonsense: Nonsense, rule: Rule) -> Rule:
    known = fields.words(rule.topic)
    for name in written.where.keys() - known:
        nonsense.add(f"where.{name}", f"{rule.topic} has no text or flag {name!r}", near(name, known))
    if not written.where and not fields.is_series(rule.topic):
        nonsense.add("kind", "where is missing", 'say which ones: where = { status = "error" }')
    return replace(rule, where=tuple(sorted(_conditions(written.where))))


def _conditions(where: dict[str, Any]) -> Iterator[tuple[str, frozenset[Any]]]:
    for name, value in where.items():
        yield name, frozenset(value if isinstance(value, list) else [value])


def _silence(written: WrittenSilence, nonsense: Nonsense, rule: Rule) -> Rule:
    if written.learned:
        if written.longer_than is not None:
            nonsense.add(
                "longer_than", "learned and fixed at once", "write at_least for the least of a learned silence"
            )
        return replace(rule, longer_us=written.at_least or HOUR_US, factor=written.factor)
    if written.longer_than is None:
        nonsense.add("kind", "needs longer_than or learned", 'write longer_than = "6h", or learned = true')
    if written.at_least is not None:
        nonsense.add("at_least", "goes with learned = true")
    return replace(rule, longer_us=written.longer_than or HOUR_US)


_STEPS: dict[type[Written], Any] = {
    WrittenThreshold: _threshold,
    WrittenRate: _rate,
    WrittenDeviation: _deviation,
    WrittenEvent: _event,
    WrittenSilence: _silence,
}
_NUMERIC = frozenset(name for name in resources.RESOURCES if fields.numbers(name))
_TOPICS: dict[type[Written], frozenset[str]] = {
    WrittenThreshold: _NUMERIC,
    WrittenRate: _NUMERIC,
    WrittenDeviation: _NUMERIC,
    WrittenEvent: fields.EVENT_TOPICS,
    WrittenSilence: frozenset(resources.RESOURCES),
}
