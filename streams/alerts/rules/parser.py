"""A rules file, TOML: all that is wrong in it, with lines and hints, or the rules that it holds.

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
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from streams.alerts.rules.compiler import Nonsense, made, near
from streams.alerts.rules.rule import Rule
from streams.alerts.rules.specs import KINDS, AnyWritten

FILE_BYTES_MAX = 1_000_000
RULES_MAX = 500


class Problem(NamedTuple):
    """Something wrong. `line`: from 1. `hint`: what to do about it, may be empty."""

    line: int
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}{f' ({self.hint})' if self.hint else ''}"


@dataclass(frozen=True)
class Read:
    """What a file says. Rules are all of it, those that are switched off too; none while there are problems."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rule: list[AnyWritten] = []


def read(text: str) -> Read:
    """Every problem at once; a file without problems gives its rules in order."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return Read(problems=(Problem(int(found[1]) if found else len(text.splitlines()), f"not TOML: {error}"),))
    places = _Places(text)
    try:
        written = _File.model_validate(tree).rule
    except ValidationError as error:
        return Read(problems=tuple(sorted(_shape(error, places))))
    rules: list[Rule] = []
    problems: list[Problem] = []
    for n, one in enumerate(written):
        nonsense = Nonsense()
        rule = made(one, nonsense)
        problems += [Problem(places.line(n, key), f"{key}: {what}", hint) for key, what, hint in nonsense.found]
        if rule:
            rules.append(rule)
    problems += _repeated([one.name for one in written], places)
    if len(written) > RULES_MAX:
        problems.append(Problem(places.line(RULES_MAX), f"more than {RULES_MAX} rules"))
    return Read(problems=tuple(sorted(problems))) if problems else Read(tuple(rules))


def read_bytes(data: bytes) -> Read:
    """The same for the bytes of a file."""
    if len(data) > FILE_BYTES_MAX:
        return Read(problems=(Problem(1, f"larger than {FILE_BYTES_MAX} bytes"),))
    try:
        return read(data.decode())
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return Read(problems=(Problem(line, "not UTF-8", "save the file as UTF-8"),))


def _repeated(names: Iterable[str], places: "_Places") -> Iterator[Problem]:
    seen: set[str] = set()
    for n, name in enumerate(names):
        if name in seen:
            yield Problem(places.line(n, "name"), f"name: a second rule {name!r}", "names are the identity of alerts")
        seen.add(name)


def _shape(error: ValidationError, places: "_Places") -> Iterator[Problem]:
    for one in error.errors(include_input=False, include_url=False):
        where, kind = list(one["loc"]), one["type"]
        n = where[1] if len(where) > 1 and isinstance(where[1], int) else None
        if n is None:
            yield Problem(
                places.top(str(where[0])), f"unknown: {where[0]}", "a file holds [[rule]] tables, and no more"
            )
            continue
        key = str(where[3]) if len(where) > 3 else ""
        text, hint = one["msg"].removeprefix("Value error, "), ""
        if kind.startswith("union_tag"):
            key, text, hint = "kind", "kind: no such kind of rule", f"kind is one of: {', '.join(KINDS)}"
        elif kind == "extra_forbidden":
            text, hint = f"unknown: {key}", near(key, KINDS[str(where[2])].model_fields)
        elif kind == "missing":
            text, hint = f"{key} is missing", ""
        elif key == "name":
            text, hint = "name: not a name", "small letters, digits, - and _; at most 64"
        else:
            text = f"{key}: {text}"
        yield Problem(places.line(n, key), text, hint)


_TABLE = re.compile(r"^\s*\[\[\s*rule\s*\]\]")
_SUBTABLE = re.compile(r"^\s*\[\s*rule\s*\.\s*(\w+)\s*\]")
_KEY = re.compile(r'^\s*"?([\w-]+)"?\s*[.=]')


class _Places:
    """Lines of tables and keys. It reads line by line and may be fooled by odd layouts; then a line nearby is named."""

    def __init__(self, text: str) -> None:
        self._tables: list[int] = []
        self._keys: dict[tuple[int, str], int] = {}
        self._tops: dict[str, int] = {}
        inside = ""
        for number, line in enumerate(text.splitlines(), 1):
            if _TABLE.match(line):
                self._tables.append(number)
                inside = ""
            elif found := _SUBTABLE.match(line):
                inside = f"{found[1]}."
                self._note(found[1], number)
            elif found := re.match(r"^\s*\[+\s*(\w+)", line):
                self._tops.setdefault(found[1], number)
            elif found := _KEY.match(line):
                self._note(inside + found[1], number)

    def _note(self, key: str, number: int) -> None:
        if self._tables:
            self._keys.setdefault((len(self._tables) - 1, key), number)
        else:
            self._tops.setdefault(key, number)

    def top(self, key: str) -> int:
        return self._tops.get(key, 1)

    def line(self, n: int, key: str = "") -> int:
        """Of a key in the n-th rule; of its table where the key is not there."""
        head = self._tables[n] if n < len(self._tables) else 1
        return self._keys.get((n, key)) or self._keys.get((n, key.partition(".")[0])) or head


def rules_of(tree: Any) -> tuple[Rule, ...]:
    """Rules from plain values, for tests and programs. Raises ValueError with every problem."""
    written = _File.model_validate({"rule": tree}).rule
    nonsense = Nonsense()
    rules = [made(one, nonsense) for one in written]
    if nonsense.found:
        raise ValueError(nonsense.found)
    return tuple(rule for rule in rules if rule)
