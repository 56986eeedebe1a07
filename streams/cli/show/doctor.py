"""What `doctor` and `source check` print: a line a finding, as soon as it is known."""

import sys
from collections.abc import Iterable, Iterator

from rich.console import Console

from streams.ops import terminal
from streams.ops.lines import Line, State, exit_code

_LOOKS = {
    State.OK: "green",
    State.LOOK_AT: "yellow",
    State.WRONG: "bold red",
    State.SILENT: "red",
    State.UNCHECKED: "dim",
}


def print_lines(lines: Iterable[Line], *, as_json: bool, if_wrong: int = 2) -> int:
    """Print them; returns the exit code that they mean (`exit_code`)."""
    if as_json:
        known = list(lines)
        code = exit_code(known, if_wrong=if_wrong)
        terminal.machine({"exit": code, "lines": [line._asdict() for line in known]})
        return code
    return exit_code(_printed(lines, terminal.console()), if_wrong=if_wrong)


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
