"""Lines of webhooks.toml. Pure."""

import re

_TABLE = re.compile(r"""^\s*\[\s*(\w+)(?:\s*\.\s*["']?([^\]"']+?)["']?)?\s*\]""")
_KEY = re.compile(r"""^\s*["']?([\w-]+)["']?\s*[.=]""")


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
