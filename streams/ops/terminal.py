"""What commands print, for people and machines. Here alone all that comes from data passes `shown`.

A name that a stranger chose must not move the cursor, set a title, fill a clipboard, turn the line around, make a
second line that looks like ours, or be taken for rich's markup.
"""

import json
import math
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 200  # where there is no terminal: programs and files have no edge
Part = str | tuple[str, str]  # words; or words and how they look


def shown(words: str) -> str:
    r"""The text with each control character (Unicode's category C) and line separator escaped, as `\x1b`."""
    return words if words.isprintable() else "".join(map(_shown, words))


def _shown(one: str) -> str:
    if one.isprintable() or unicodedata.category(one) == "Zs":  # spaces that are none of ASCII
        return one
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def line(*parts: Part, style: str = "") -> Text:
    """One line, for a console or a cell; a long word is wrapped, never cut."""
    made = Text(style=style, overflow="fold")
    for part in parts:
        words, look = (part, "") if isinstance(part, str) else part
        made.append(shown(words), look)
    return made


def lines(rows: Iterable[str], style: str = "") -> Text:
    """Lines, one for each text; a line break in a text is escaped."""
    return Text("\n").join(line(row, style=style) for row in rows)


def console() -> Console:
    """Standard output, for what is made by `line`, `lines`, `pairs` and `Rows`: nothing else is safe to print on it."""
    width = None if Console().is_terminal else PIPE_WIDTH
    return Console(markup=False, emoji=False, highlight=False, width=width)


def say(words: str, *, file: TextIO | None = None) -> None:
    """Print a sentence on a line of its own."""
    print(shown(words), file=file or sys.stdout, flush=True)


def machine(value: Any, default: Callable[[Any], Any] | None = None) -> None:
    """Print JSON in one line, in ASCII; NaN and infinities, which JSON does not have, as null."""
    print(as_json(value, default), flush=True)


def as_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """JSON as `machine` prints it."""
    try:
        return json.dumps(value, default=default, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(json.loads(json.dumps(value, default=default))))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


def reveal(body: str) -> None:
    """Print a payload: as it is for a pipe or a file, escaped on a terminal."""
    print(shown(body) if sys.stdout.isatty() else body, flush=True)


def pairs(rows: Iterable[tuple[str, str | Text]]) -> Table:
    """A table of names and values, one pair a row."""
    table = Table(show_header=False, box=None, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, what in rows:
        table.add_row(line(name, style="dim"), what if isinstance(what, Text) else line(what))
    return table


class Rows:
    """A table where it fits, whole; on a narrower terminal each row as a few lines. No cell is ever cut.

    `right`: columns of numbers. `once`: a column that is named in the first of the rows that have the same. `is_bare`:
    without lines between.
    """

    def __init__(
        self, *columns: str, title: str = "", right: Iterable[str] = (), once: str = "", is_bare: bool = False
    ) -> None:
        self._columns, self._title, self._right, self._once = columns, title, frozenset(right), once
        self._look: dict[str, Any] = {"box": None, "padding": (0, 1)} if is_bare else {}
        self._rows: list[list[Text]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, *cells: str | Text | None) -> None:
        """A row. Text: made by `line`."""
        self._rows.append([cell if isinstance(cell, Text) else line(cell or "") for cell in cells])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._title:
            yield line(self._title, style="bold")
        table = self._table()
        if console.measure(table, options=options.update(width=100_000)).maximum <= options.max_width:
            yield table
            return
        for row in self._rows:
            yield from self._as_lines(row, options.max_width)

    def _as_lines(self, row: Sequence[Text], width: int) -> Iterator[Text]:
        """A row as `name: cell   name: cell`, in as many lines as it takes."""
        pairs = [
            line((f"{name}: ", "dim")).append_text(cell) for name, cell in zip(self._columns, row, strict=True) if cell
        ]
        now = pairs[0] if pairs else line()
        for pair in pairs[1:]:
            if now.cell_len + 3 + pair.cell_len <= width:
                now = now.append("   ").append_text(pair)
            else:
                yield now
                now = line("  ").append_text(pair)
        yield now

    def _table(self) -> Table:
        table = Table(**self._look)
        for name in self._columns:
            table.add_column(line(name), overflow="fold", justify="right" if name in self._right else "left")
        before = ""
        for row in self._rows:
            cells: Sequence[Text] = row
            if self._once:
                place = self._columns.index(self._once)
                cells = [Text("") if at == place and one.plain == before else one for at, one in enumerate(row)]
                before = row[place].plain
            table.add_row(*cells)
        return table
