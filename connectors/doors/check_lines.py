"""What `source check` finds, a line each. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class CheckState(StrEnum):
    """In the words of `doctor`."""

    OK = "ok"
    LOOK_AT = "look at"  # works, or cannot be seen from here
    WRONG = "wrong"  # a person has to change something
    SILENT = "no answer"


class CheckLine(NamedTuple):
    """`about`: what was looked at. `found`: what is so. `change`: the command that mends it, or shows more."""

    state: CheckState
    about: str
    found: str
    change: str = ""


def ok(about: str, found: str) -> CheckLine:
    """As it should be."""
    return CheckLine(CheckState.OK, about, found)


def look_at(about: str, found: str, change: str) -> CheckLine:
    """Nothing is broken; a person should know it."""
    return CheckLine(CheckState.LOOK_AT, about, found, change)


def wrong(about: str, found: str, change: str) -> CheckLine:
    """Something is lost, or will be, or does not work."""
    return CheckLine(CheckState.WRONG, about, found, change)


def exit_code(lines: Iterable[CheckLine]) -> int:
    """0, 1 where something is wrong, else 3 where a system does not answer."""
    states = {line.state for line in lines}
    return 1 if CheckState.WRONG in states else 3 if CheckState.SILENT in states else 0
