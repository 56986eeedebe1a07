"""What `doctor` prints: a line a finding, as soon as it is known."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from rich.console import Console

from streams.doctor.judge.lines import Line, State, exit_code
from streams.ops import terminal

_LOOKS = {State.OK: "green", State.LOOK_AT: "yellow", State.WRONG: "bold red", State.SILENT: "red"}


def print_lines(lines: Iterable[Line], *, as_json: bool, code_of: Callable[[Iterable[Line]], int] = exit_code) -> int:
    """Print them; returns the exit code that they mean."""
    if as_json:
        known = list(lines)
        code = code_of(known)
        terminal.machine({"exit": code, "lines": [asdict(line) for line in known]})
        return code
    return code_of(list(_printed(lines, terminal.console())))


def _printed(lines: Iterable[Line], console: Console) -> Iterator[Line]:
    for line in lines:
        console.print(
            terminal.line((f"{line.state:<9} ", _LOOKS[line.state]), (f"{line.about:<13} ", "bold"), line.found),
            soft_wrap=True,
        )
        if line.change:
            console.print(terminal.line(f"{'':<24}{line.change}"), soft_wrap=True)
        yield line


def waiting(sentence: str) -> None:
    """On standard error, so that JSON stays JSON."""
    terminal.say(f"... {sentence}", file=sys.stderr)
