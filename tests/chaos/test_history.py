"""What is asked of a backfill under chaos can be answered with no: each kind of damage is found, and named."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from streams.events.headers import H_DOOR, H_ID, H_TIME, encode_headers
from streams.tables.history import progress
from streams.tables.history.job import JobStatus
from streams.tables.history.progress import JobProgress
from tests.chaos import history
from tests.chaos.history import Calls
from tests.chaos.reading import Found
from tests.chaos.test_verify import Stored
from tests.chaos.verify import Findings
from tests.folding import PREFIX, RawRecord

DONE = JobProgress("bf_1", "u1", "oura", "sleep", 2, JobStatus.COMPLETE)
CALLS = Calls(all=1100, needed=1000, faulty=80, again=20, circles=1, kills=5, peak_per_s=history.RATE_PER_S)


@dataclass
class Right:
    """A job in two steps whose page held one event."""

    words: list[JobProgress] = field(
        default_factory=lambda: [replaced(seq=1, status=JobStatus.FETCHING, due_ms=5), replaced(seq=2)]
    )
    pages: list[str] = field(default_factory=lambda: ["bf_1.1.0"])
    told: str = "complete"
    said_at: str = "1970-01-01T00:00:00.000Z"  # and stored at 0

    def findings(self) -> Findings:
        found, findings = Found(), Findings()
        found.progress = [RawRecord("t", 0, n, 0, b"", progress.encode(word), []) for n, word in enumerate(self.words)]
        said = [[(H_DOOR, "api"), (H_ID, id), (H_TIME, self.said_at)] for id in self.pages]
        headers = [encode_headers(rows) for rows in said]
        found.raw = [RawRecord("t", 0, n, 0, b"", b"{}", rows) for n, rows in enumerate(headers)]
        row: Any = Stored(f"{PREFIX}.backfills", (0, 0), (b"u1:oura:sleep", b""))
        found.clean = [(row, {"status": self.told})]
        history.check(findings, found, PREFIX)
        return findings


def replaced(**changes: Any) -> JobProgress:
    return msgspec.structs.replace(DONE, **changes)


def no_end(right: Right) -> None:
    right.words.pop()


def failed(right: Right) -> None:
    right.words[-1] = replaced(status=JobStatus.FAILED, reason="cursor_loop")


def step_twice(right: Right) -> None:
    right.words.insert(0, right.words[0])


def step_back(right: Right) -> None:
    right.words.reverse()


def page_twice(right: Right) -> None:
    right.pages.append(right.pages[0])


def told_otherwise(right: Right) -> None:
    right.told = "fetching"


def of_the_future(right: Right) -> None:
    right.said_at = "1970-01-01T00:10:00.000Z"


def test_what_is_right_is_right() -> None:
    """A job that ended, and one that found nothing and asks again later."""
    assert Right().findings().is_right
    waiting = Right(words=[replaced(status=JobStatus.EMPTY, due_ms=5)], told="empty")
    assert waiting.findings().is_right


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (no_end, "lost"),
        (failed, "wrong"),
        (step_twice, "repeated"),
        (step_back, "disordered"),
        (page_twice, "repeated"),
        (told_otherwise, "wrong"),
        (of_the_future, "wrong"),
    ],
)
def test_damage_to_a_backfill_is_found(damage: Callable[[Right], None], problem: str) -> None:
    """One job, step, page or status that is not as it must be is counted as that."""
    right = Right()
    damage(right)
    assert getattr(right.findings(), problem) > 0


def test_a_workouts_stream_may_begin_anew() -> None:
    """Its job leaves nothing behind, so the next one counts from the start; not while the first goes on."""
    over, anew = replaced(workout_id="w1", seq=3), replaced(workout_id="w1", seq=0, due_ms=5)
    findings = Findings()
    history.check_steps(findings, [over, anew])
    assert findings.is_right
    history.check_steps(findings, [anew, over, over])
    assert findings.repeated == 1


@pytest.mark.parametrize("more", [{"again": 85}, {"again": 30, "kills": 1}, {"peak_per_s": 2 * history.RATE_PER_S}])
def test_too_many_calls_are_found(more: dict[str, int]) -> None:
    """More than a few per cent above what is needed, more than kills explain, or more in a second than is allowed."""
    findings = Findings()
    history.check_calls(findings, CALLS)
    assert findings.is_right
    history.check_calls(findings, replace(CALLS, **more))
    assert findings.wrong == 1
