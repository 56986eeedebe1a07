"""What is wrong in a file that a person has written: the line, the sentence, and a hint how to mend it. Pure."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

_SHOWN = 12


class FileProblem(NamedTuple):
    """`line`: from 1. `hint`: what to do about it, "" for none."""

    line: int
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}{f' ({self.hint})' if self.hint else ''}"


def suggestion(name: str, names: Iterable[str]) -> str:
    """A hint: the most similar of the names, or some of them."""
    known = sorted(names)
    close = get_close_matches(name, known, 1) or [one for one in known if name and one.startswith(name)]
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known[:_SHOWN])}"
