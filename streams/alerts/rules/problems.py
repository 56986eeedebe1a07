"""What is wrong in a rules file: the place, the sentence, and a hint how to mend it."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """`line`: from 1. `hint`: what to do about it, "" for none."""

    line: int
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}{f' ({self.hint})' if self.hint else ''}"


@dataclass
class RuleProblems:
    """Of one rule: (key, what is wrong, what to do)."""

    found: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, key: str, text: str, hint: str = "") -> None:
        self.found.append((key, text, hint))


def suggest(name: str, names: Any) -> str:
    """A hint: the most similar of the names, or some of them."""
    begins = [one for one in sorted(names) if name and one.startswith(name)]
    close = get_close_matches(name, sorted(names), 1) or begins
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(names)[:12])}"
