"""`python -m tests.consumers.page`: write the table and the programs of docs/consumers.md, connect.md, clickhouse.md.

A block begins with `<!-- clients -->` or `<!-- program: FILE -->` and ends with `<!-- / -->`. Of a program it shows
what stands between `docs: begin` and `docs: end`, so that what is shown is what was run.
"""

import re
from pathlib import Path
from textwrap import dedent

from tests.consumers.build import PROGRAMS
from tests.consumers.clients import CLIENTS, Client

PATHS = tuple(Path(__file__).parents[2] / "docs" / f"{name}.md" for name in ("consumers", "connect", "clickhouse"))
_BLOCK = re.compile(r"<!-- (clients|program: (\S+)) -->\n.*?<!-- / -->", re.S)
_WORDS = {".py": "python", ".mjs": "js", ".java": "java", ".go": "go", ".properties": "properties", ".sql": "sql"}
_SHOWN = re.compile(r"^[^\n]*docs: begin\n(.*?)^[^\n]*docs: end$", re.S | re.M)
_SAID = {True: "yes", False: "**no**", None: "?"}


def filled(text: str) -> str:
    """The page with each block as the programs and the table of clients are today."""
    return _BLOCK.sub(lambda found: f"<!-- {found[1]} -->\n{_block(found[2])}\n<!-- / -->", text)


def _block(file: str | None) -> str:
    if file is None:
        return table()
    path = PROGRAMS / file
    return f"```{_WORDS[path.suffix]}\n{shown(path)}```"


def shown(path: Path) -> str:
    """What a program has between its marks."""
    return "\n".join(dedent(text) for text in _SHOWN.findall(path.read_text(encoding="utf-8")))


def table() -> str:
    head = ["| | client | Avro | committed only | our records | |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *map(_row, CLIENTS)])


def _row(client: Client) -> str:
    cells = (client.language, client.client, client.avro, _SAID[client.commits], _SAID[client.values], client.say)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    for path in PATHS:
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
