"""What `topics acls` prints."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from streams.kafka.acls import AclPlan, Rule
from streams.ops import terminal


def print_plan(plan: AclPlan, *, applied: bool, as_json: bool, kept: bool = False) -> None:
    """What differs, or what was done about it; then what is left to people. `kept`: nothing was removed."""
    if as_json:
        lists = {name: [_as_json(rule) for rule in rules] for name, rules in plan._asdict().items()}
        terminal.machine({"applied": applied, "kept": kept, **lists})
        return
    words = ("added", "kept" if kept else "removed") if applied else ("missing", "superfluous")
    for word, rules in zip(words, (plan.missing, plan.superfluous), strict=True):
        for line in _lines(rules):
            terminal.say(f"{word:<12} {line}")
    terminal.say(_outcome(plan, words, applied=applied))
    for sentence, rules in (
        ("our logins may do more, beyond our names (`apply --remove-beyond` removes it):", plan.beyond),
        ("other logins have rights on our names; they are left as they are:", plan.others),
    ):
        for line in (sentence, *(f"  {line}" for line in _lines(rules))) if rules else ():
            terminal.say(line)


def _outcome(plan: AclPlan, words: tuple[str, str], *, applied: bool) -> str:
    if plan.is_right:
        return "every role has its rights, and no others on our names"
    counts = f"{len(plan.missing)} rights {words[0]} and {len(plan.superfluous)} {words[1]}"
    return counts if applied else f"{counts}; `junction-streams topics acls apply` makes it right"


def _lines(rules: Iterable[Rule]) -> Sequence[str]:
    """Rules that differ in the name alone share a line."""
    ordered = sorted(rules, key=lambda rule: (_same(rule), rule.right.name))
    return [_line(list(ones)) for _, ones in groupby(ordered, key=_same)]


def _same(rule: Rule) -> tuple[Any, ...]:
    return rule.principal, rule.right.on, rule.right.is_denied, rule.right.operation, rule.right.is_prefix, rule.host


def _line(rules: Sequence[Rule]) -> str:
    first, right = rules[0], rules[0].right
    names = ", ".join(f"{one.right.name}{'*' * right.is_prefix}" for one in rules[:3])
    more = f" and {len(rules) - 3} more" if len(rules) > 3 else ""
    verb = "may not" if right.is_denied else "may"
    where = "" if first.host == "*" else f" from {first.host}"
    return f"{first.principal} {verb} {right.operation} {right.on} {names}{more}{where}"


def _as_json(rule: Rule) -> dict[str, Any]:
    return {"principal": rule.principal, "host": rule.host, **rule.right._asdict()}
