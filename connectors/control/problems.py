"""What is wrong in webhooks.toml: the line, the sentence, and a hint how to mend it. Pure."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

_TABLE = re.compile(r"""^\s*\[\s*(\w+)(?:\s*\.\s*["']?([^\]"']+?)["']?)?\s*\]""")
_KEY = re.compile(r"""^\s*["']?([\w-]+)["']?\s*[.=]""")
_SHOWN = 12


class FileProblem(NamedTuple):
    """`line`: from 1. `hint`: what to do about it, "" for none."""

    line: int
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}{f' ({self.hint})' if self.hint else ''}"


class FileLines:
    """Where tables and keys stand. Scanned line by line: in an odd layout a line nearby is returned."""

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(text.splitlines(), 1):
            if found := _TABLE.match(line):
                table = tuple(part for part in found.groups() if part)
                self._lines.setdefault(table[:1], number)
                self._lines.setdefault(table, number)
            elif found := _KEY.match(line):
                self._lines.setdefault((*table, found[1]), number)

    def of(self, *path: str) -> int:
        """Line of a table or key, else of what it is in, else 1."""
        return next((self._lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._lines), 1)


def suggestion(name: str, names: Iterable[str]) -> str:
    """A hint: the most similar of the names, or some of them."""
    known = sorted(names)
    close = get_close_matches(name, known, 1) or [one for one in known if name and one.startswith(name)]
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known[:_SHOWN])}"
