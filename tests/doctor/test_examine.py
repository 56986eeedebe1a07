"""Checks side by side: who hangs, who fails, who waits for whom."""

import threading

from streams.doctor.examine import Check, examine
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.lines import Line, State, look_at, ok, wrong

SECRET = "hunter2"


def failing(error: Exception) -> list[Line]:
    raise error


def examined(*checks: Check) -> tuple[list[Line], list[str]]:
    waited: list[str] = []
    return list(examine(checks, waited.append)), waited


def test_one_that_hangs_stops_nobody() -> None:
    """It is named while it is waited for, told after its time, and those behind it are told, too."""
    forever = threading.Event()
    lines, waited = examined(
        Check("stuck", lambda: [ok("stuck", str(forever.wait()))], 1.2), Check("next", lambda: [ok("next", "x")], 1)
    )
    assert [(line.about, line.state) for line in lines] == [("stuck", State.SILENT), ("next", State.OK)]
    assert [sentence.split(",")[0] for sentence in waited] == ["waiting for stuck"]
    forever.set()


def test_errors_are_lines() -> None:
    """Ours with their sentence, and a bug without its text, which may hold a secret."""
    lines, _ = examined(
        Check("a", lambda: failing(Misconfigured("set X")), 5),
        Check("b", lambda: failing(Unavailable("nobody there")), 5),
        Check("c", lambda: failing(ValueError(SECRET)), 5),
    )
    assert [line.state for line in lines] == [State.WRONG, State.SILENT, State.WRONG]
    assert [lines[0].found, lines[1].found] == ["set X", "nobody there"]
    assert SECRET not in str(lines[2])
    assert "ValueError at test_examine.py" in lines[2].found


def test_what_needs_another() -> None:
    """It begins when that one is right; else it is named as not asked for. A doubt, or a later line, is no obstacle."""
    bad = Check("bad", lambda: [wrong("bad", "x", "y")], 5)
    good = Check("good", lambda: [look_at("good", "x", "y"), wrong("clock", "x", "y")], 5)
    lines, _ = examined(
        bad,
        good,
        Check("never", lambda: failing(AssertionError()), 5, "bad"),
        Check("then", lambda: [ok("then", "x")], 5, "good"),
    )
    assert [line.about for line in lines] == ["bad", "good", "clock", "then", "the rest"]
    assert lines[-1].found == "was not asked for: never"
