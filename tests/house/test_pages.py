"""Pages for contributors name files that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = r"`((?:…|streams|connectors|tests|docs|deploy|benchmarks|avro)/[\w./-]*)`((?:, `[\w./-]+`)*)"


def paths(text: str) -> list[str]:
    """Every file or folder that a page names in backticks; `…/x` is within the room that its table row is about."""
    room, found = "", []
    for line in text.splitlines():
        first = re.match(r"\| `((?:streams|connectors)/\w+)` \|", line)
        room = first[1] if first else room
        for path, more in re.findall(NAMED, line):
            found.append(path.replace("…", room))
            folder = found[-1].rpartition("/")[0]
            found += [within(folder, room, name) for name in re.findall(r"`([\w./-]+)`", more) if "…" in path]
    return found


def within(folder: str, room: str, name: str) -> str:
    """`b.py` behind `…/a.py` lies beside it; `sub/b.py` within the room."""
    beside = f"{folder}/{name}"
    return beside if (ROOT / beside).exists() else f"{room}/{name}"


@pytest.mark.parametrize("page", ["DESIGN.md", "CONTRIBUTING.md", "avro/README.md"])
def test_a_page_names_files_that_are_there(page: str) -> None:
    """A file that has moved is named by its new name."""
    named = [path for path in paths((ROOT / page).read_text(encoding="utf-8")) if not re.search("FILE|NAME", path)]
    assert [path for path in named if not (ROOT / path).exists()] == []
