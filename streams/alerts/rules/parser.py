"""Parses a rules file, TOML: all its problems, with lines and hints, or its rules.

[[rule]]
name = "glucose-low"
kind = "threshold"
resource = "glucose"
below = "3.9 mmol/L"
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from streams.alerts.rules.compiler import compile_rule
from streams.alerts.rules.line_numbers import LineNumbers
from streams.alerts.rules.problems import RuleProblems
from streams.alerts.rules.rule import Rule
from streams.alerts.rules.specs import SPECS, AnyRuleSpec
from streams.ops.file_problems import FileProblem, suggestion

FILE_BYTES_MAX = 1_000_000
RULES_MAX = 500


@dataclass(frozen=True)
class ParsedRules:
    """`rules`: all of a file, disabled ones too; none if there are problems."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[FileProblem, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rule: list[AnyRuleSpec] = []


def parse(text: str) -> ParsedRules:
    """All problems of a file, or its rules in order."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return ParsedRules(
            problems=(FileProblem(int(found[1]) if found else len(text.splitlines()), f"not TOML: {error}"),)
        )
    places = LineNumbers(text)
    try:
        specs = _File.model_validate(tree).rule
    except ValidationError as error:
        return ParsedRules(problems=tuple(sorted(_shape_problems(error, places))))
    rules: list[Rule] = []
    problems: list[FileProblem] = []
    for n, one in enumerate(specs):
        wrong = RuleProblems()
        rule = compile_rule(one, wrong)
        problems += [FileProblem(places.line(n, key), f"{key}: {what}", hint) for key, what, hint in wrong.found]
        if rule:
            rules.append(rule)
    problems += _repeated([one.name for one in specs], places)
    if len(specs) > RULES_MAX:
        problems.append(FileProblem(places.line(RULES_MAX), f"more than {RULES_MAX} rules"))
    return ParsedRules(problems=tuple(sorted(problems))) if problems else ParsedRules(tuple(rules))


def parse_bytes(data: bytes) -> ParsedRules:
    """The same for the bytes of a file."""
    if len(data) > FILE_BYTES_MAX:
        return ParsedRules(problems=(FileProblem(1, f"larger than {FILE_BYTES_MAX} bytes"),))
    try:
        return parse(data.decode())
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return ParsedRules(problems=(FileProblem(line, "not UTF-8", "save the file as UTF-8"),))


def _repeated(names: Iterable[str], places: LineNumbers) -> Iterator[FileProblem]:
    seen: set[str] = set()
    for n, name in enumerate(names):
        if name in seen:
            yield FileProblem(
                places.line(n, "name"), f"name: a second rule {name!r}", "names are the identity of alerts"
            )
        seen.add(name)


def _shape_problems(error: ValidationError, places: LineNumbers) -> Iterator[FileProblem]:
    for one in error.errors(include_input=False, include_url=False):
        where, kind = list(one["loc"]), one["type"]
        n = where[1] if len(where) > 1 and isinstance(where[1], int) else None
        if n is None:
            yield FileProblem(
                places.top(str(where[0])), f"unknown: {where[0]}", "a file holds [[rule]] tables, and no more"
            )
            continue
        key = str(where[3]) if len(where) > 3 else ""
        text, hint = one["msg"].removeprefix("Value error, "), ""
        if kind.startswith("union_tag"):
            key, text, hint = "kind", "kind: no such kind of rule", f"kind is one of: {', '.join(SPECS)}"
        elif kind == "extra_forbidden":
            text, hint = f"unknown: {key}", suggestion(key, SPECS[str(where[2])].model_fields)
        elif kind == "missing":
            text, hint = f"{key} is missing", ""
        elif key == "name":
            text, hint = "name: not a name", "small letters, digits, - and _; at most 64"
        else:
            text = f"{key}: {text}"
        yield FileProblem(places.line(n, key), text, hint)


def rules_of(tree: Any) -> tuple[Rule, ...]:
    """Rules from plain values, for tests and programs. Raises ValueError with every problem."""
    specs = _File.model_validate({"rule": tree}).rule
    wrong = RuleProblems()
    rules = [compile_rule(one, wrong) for one in specs]
    if wrong.found:
        raise ValueError(wrong.found)
    return tuple(rule for rule in rules if rule)
