"""What `source check` prints."""

from collections.abc import Sequence

from connectors.doors.check_lines import CheckLine, exit_code
from streams.cli.show.doctor import print_lines
from streams.doctor.judge.lines import Line, State


def print_check(found: Sequence[CheckLine], *, as_json: bool) -> int:
    """A line a finding, as `doctor` has them; returns the exit code that they mean."""
    lines = [Line(State(one.state), one.about, one.found, one.change) for one in found]
    return print_lines(lines, as_json=as_json, code_of=lambda _: exit_code(found))
