"""The users and the span of the data that a trial has read of one topic, from which rates are made.

Not the span that was asked for: two days of data give no rate of a month.
"""

from dataclasses import dataclass, field

from streams.alerts.rules import RuleKind
from streams.events import DAY_MS

RATE_SPAN_MS = 20 * DAY_MS // 24  # nearly a day: bodies have a daily rhythm, and `--since 1d` shall have a rate


@dataclass
class DataSpan:
    """Times in Unix milliseconds, by when Junction made the messages. None while there is nothing.

    `first_ms`, `last_ms`, `users`: of records since `since_ms`. `began_ms`, `known`: of those before it, too.
    """

    since_ms: int
    first_ms: int | None = None
    last_ms: int | None = None
    began_ms: int | None = None
    users: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)

    def add(self, at_ms: int, user_id: str) -> None:
        self.known.add(user_id)
        self.began_ms = _least(self.began_ms, at_ms)
        if at_ms >= self.since_ms:
            self.users.add(user_id)
            self.first_ms = _least(self.first_ms, at_ms)
            self.last_ms = at_ms if self.last_ms is None else max(self.last_ms, at_ms)

    def of_kind(self, kind: RuleKind, until_ms: int) -> tuple[int, int]:
        """(users, milliseconds) that a rule of this kind was judged on. Silence is judged without a record, too."""
        if kind is RuleKind.SILENCE and self.began_ms is not None:
            return len(self.known), max(0, until_ms - max(self.since_ms, self.began_ms))
        if self.first_ms is None or self.last_ms is None:
            return 0, 0
        return len(self.users), self.last_ms - self.first_ms


def per_user_and_week(alerts: int, users: int, span_ms: int) -> float | None:
    """None if the span is too short for a weekly rate."""
    if not users or span_ms < RATE_SPAN_MS:
        return None
    return alerts / users / (span_ms / (7 * DAY_MS))


def _least(known_ms: int | None, at_ms: int) -> int:
    return at_ms if known_ms is None else min(known_ms, at_ms)
