"""Which old secret may be taken out: one that was silent for a day, in each process, while a newer one was used."""

import pytest

from connectors.webhook.secret_report import SecretReport, duration, last_use, merge, report
from connectors.webhook.secret_use import SecretRow

H = 3600.0
NOW_S = 1_790_000_000.0
START_S = NOW_S - 100 * H


def row(position: int, last_used_h: float | None, *, since_h: float = 100, verified: int = 1) -> SecretRow:
    """A secret that was used last so many hours ago; None: never."""
    last_s = 0.0 if last_used_h is None else NOW_S - last_used_h * H
    return SecretRow("junction", position, "ab"[position] * 8, "v1", verified, last_s, NOW_S - since_h * H)


def old(*rows: SecretRow) -> SecretReport:
    return report([rows], NOW_S)[-1]


@pytest.mark.parametrize(
    ("newest", "oldest", "may_be_removed", "words"),
    [
        (row(0, 0), row(1, 25), True, "may be removed: silent for 1 d"),
        (row(0, 0), row(1, 50), True, "silent for 2 d"),
        (row(0, 0), row(1, 23), False, "keep it until 2026-09-21T15:13:20+00:00"),
        (row(0, 0), row(1, None), True, "silent for 4 d"),
        (row(0, 0), row(1, None, since_h=3), False, "keep it until 2026-09-22T11:13:20+00:00"),
        (row(0, None), row(1, 90), False, "no newer one has been used yet"),
        (row(0, 40), row(1, 30), False, "used after every newer one"),
    ],
)
def test_advice(newest: SecretRow, oldest: SecretRow, may_be_removed: bool, words: str) -> None:
    """Silence counts from the last use, or from when the gateway began to look, and only beside a newer one in use."""
    found = old(newest, oldest)
    assert (found.may_be_removed, words in found.advice) == (may_be_removed, True), found.advice


@pytest.mark.parametrize(("used_h", "words"), [(1.0, "in use"), (None, "not used yet")])
def test_the_newest_stays(used_h: float | None, words: str) -> None:
    """The newest secret of an endpoint is never one to take out."""
    found = old(row(0, used_h))
    assert not found.may_be_removed
    assert words in found.advice


def test_every_gateway_counts() -> None:
    """Used at one of two gateways is used; and what one of them does not have is said."""
    quiet, busy = [row(0, 0), row(1, 50)], [row(0, 0), row(1, 1)]
    assert report([quiet, quiet], NOW_S)[1].may_be_removed
    assert not report([quiet, busy], NOW_S)[1].may_be_removed
    one = report([quiet, quiet[1:]], NOW_S)
    assert one[0].advice == "only 1 of 2 processes have it: look at the others' log and files"
    late = [row(0, 0, since_h=2), row(1, None, since_h=2)]
    assert not report([[row(0, 0), row(1, None)], late], NOW_S)[1].may_be_removed


def test_merged() -> None:
    """Counted by all, used last by any, observed since the last of them began, in the older place."""
    both = merge([row(0, 5, since_h=9, verified=2), row(0, None, since_h=4, verified=3)._replace(position=1)])
    assert both == SecretRow("junction", 1, "a" * 8, "v1", 5, NOW_S - 5 * H, NOW_S - 4 * H)


def test_words() -> None:
    """A time is told in whole units of the largest that is there."""
    assert [duration(n) for n in (-1, 0, 59, 60, 3599, 3600, 86_399, 86_400, 10**6)] == [
        "0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "11 d",
    ]  # fmt: skip
    assert last_use(row(0, 3), NOW_S) == "3 h ago"
    assert last_use(row(0, None), NOW_S) == "never since the gateway took it 4 d ago"
