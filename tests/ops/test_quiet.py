import itertools
from typing import Any

import structlog

from streams.ops.quiet import OTHER, REASONS_MAX, Quiet


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def written(lines: list[Any]) -> list[tuple[str, int]]:
    return [(line["why"], line["count"]) for line in lines]


def made() -> tuple[Quiet, Clock]:
    clock = Clock()
    return Quiet(structlog.get_logger(), "not_accepted", clock=clock), clock


def test_the_first_of_a_reason_is_written_at_once_and_the_rest_of_a_minute_is_one_line_with_their_number() -> None:
    """A reason is one line at once, then one a minute with how many there were and who was last."""
    quiet, clock = made()
    with structlog.testing.capture_logs() as lines:
        for _ in range(1000):
            quiet.warn("no signature", endpoint="junction")
        assert written(lines) == [("no signature", 1)]
        clock.now_s += 59.9
        quiet.warn("no signature", endpoint="labs")
        assert len(lines) == 1
        clock.now_s += 0.1
        quiet.tick()
    assert written(lines) == [("no signature", 1), ("no signature", 1000)]
    assert lines[1] == {
        "event": "not_accepted", "log_level": "warning", "why": "no signature", "count": 1000, "endpoint": "labs"
    }  # fmt: skip


def test_every_one_is_told_once_whatever_the_order() -> None:
    """The sum of all counts is the number of warnings, and no reason has two lines within a minute."""
    quiet, clock = made()
    told_s: dict[str, list[float]] = {}
    with structlog.testing.capture_logs() as lines:
        for step in range(2000):
            clock.now_s += step % 7
            before = len(lines)
            quiet.warn(f"reason {step * step % 11}")
            for line in lines[before:]:
                told_s.setdefault(line["why"], []).append(clock.now_s)
        quiet.close()
        quiet.close()
    assert sum(count for _, count in written(lines)) == 2000
    assert all(later - earlier >= 60 for times in told_s.values() for earlier, later in itertools.pairwise(times))


def test_a_line_that_is_due_is_written_when_another_reason_comes() -> None:
    """What was counted does not wait for its own reason to come again."""
    quiet, clock = made()
    with structlog.testing.capture_logs() as lines:
        quiet.warn("flood")
        quiet.warn("flood")
        clock.now_s += 61
        quiet.warn("something else")
    assert written(lines) == [("flood", 1), ("flood", 1), ("something else", 1)]


def test_a_reason_that_was_quiet_for_a_minute_is_forgotten_and_written_at_once_again() -> None:
    """After a quiet minute a reason is new again."""
    quiet, clock = made()
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            quiet.warn("no signature")
            clock.now_s += 61
    assert written(lines) == [("no signature", 1)] * 3


def test_what_was_counted_is_written_at_the_end_and_a_reason_without_news_is_not() -> None:
    """`close` writes what was counted and not yet told, and nothing twice."""
    quiet, _ = made()
    with structlog.testing.capture_logs() as lines:
        for why in ("a", "b", "a", "a"):
            quiet.warn(why)
        quiet.close()
    assert written(lines) == [("a", 1), ("b", 1), ("a", 2)]


def test_reasons_that_somebody_makes_up_fill_neither_the_memory_nor_the_log() -> None:
    """Reasons beyond the bound are counted as one; those that were known stay themselves."""
    quiet, _ = made()
    with structlog.testing.capture_logs() as lines:
        quiet.warn("known")
        for number in range(10_000):
            quiet.warn(f"made up {number}")
        quiet.warn("known")
        quiet.close()
    assert len({why for why, _ in written(lines)}) == REASONS_MAX
    assert dict(written(lines))[OTHER] == 10_000 - (REASONS_MAX - 2) - 1
    assert written(lines)[-2:] == [("known", 1), (OTHER, 10_000 - (REASONS_MAX - 2) - 1)]
