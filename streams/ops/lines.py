"""What `doctor` and `source check` find: one line a finding, and what all together mean for the exit code. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    OK = "ok"
    LOOK_AT = "look at"  # works, and may not be meant so
    WRONG = "wrong"  # a person has to change something
    SILENT = "no answer"
    UNCHECKED = "unchecked"  # with these credentials nobody can say; neither right nor wrong


class Line(NamedTuple):
    """`about`: what was looked at. `found`: what is so. `change`: what to do about it, "" for nothing."""

    state: State
    about: str
    found: str
    change: str = ""


def ok(about: str, found: str) -> Line:
    """As it should be."""
    return Line(State.OK, about, found)


def look_at(about: str, found: str, change: str) -> Line:
    """Nothing is broken; a person should know it."""
    return Line(State.LOOK_AT, about, found, change)


def wrong(about: str, found: str, change: str) -> Line:
    """Something is lost, or will be, or does not work."""
    return Line(State.WRONG, about, found, change)


def silent(about: str, found: str, change: str = "") -> Line:
    """Nobody answered in time."""
    return Line(State.SILENT, about, found, change)


def unchecked(about: str, found: str, change: str) -> Line:
    """What cannot be seen with what is set here. `change`: with what it could, or where a person looks."""
    return Line(State.UNCHECKED, about, found, change)


def exit_code(lines: Iterable[Line], *, if_wrong: int = 2) -> int:
    """0, `if_wrong` where a person has to change something, else 3 where a system does not answer."""
    states = {line.state for line in lines}
    return if_wrong if State.WRONG in states else 3 if State.SILENT in states else 0


def some(names: Iterable[str], most: int = 3) -> str:
    """The first few of some names, for a sentence."""
    listed = list(names)
    shown = ", ".join(listed[:most])
    return f"{shown} and {len(listed) - most} more" if len(listed) > most else shown


def size(count: int) -> str:
    """Bytes in the largest binary unit that has no rest: "20 MiB"."""
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if count >= unit and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count:,} bytes"
