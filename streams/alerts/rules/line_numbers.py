"""Where the tables and keys of a rules file stand, as line numbers from 1."""

import re

_TABLE = re.compile(r"^\s*\[\[\s*rule\s*\]\]")
_SUBTABLE = re.compile(r"^\s*\[\s*rule\s*\.\s*(\w+)\s*\]")
_KEY = re.compile(r'^\s*"?([\w-]+)"?\s*[.=]')


class LineNumbers:
    """Line numbers of tables and keys. The text is scanned line by line: in an odd layout a line nearby is returned."""

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
        """Line of a key in the n-th rule; of its table if the key is missing."""
        head = self._tables[n] if n < len(self._tables) else 1
        return self._keys.get((n, key)) or self._keys.get((n, key.partition(".")[0])) or head
