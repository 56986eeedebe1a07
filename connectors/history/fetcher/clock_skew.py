"""The time at which a page was asked for: by our clock, unless Junction's answers prove that it runs ahead. Pure."""

from collections.abc import Callable

DATE_MS = 1_000  # a `Date` header names whole seconds: the answer was made before its second was over


class CorrectedClock:
    """`now`: Unix seconds, as this host knows them. Once its error is known, times of one process keep their order."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ahead_ms = 0

    def now_ms(self) -> int:
        """Unix ms, uncorrected."""
        return int(self._now() * 1000)

    def asked_ms(self, began_ms: int, answered_ms: int | None) -> int:
        """Delivery time of what an answer holds, by which it is compared with webhooks and with other answers.

        `began_ms`: our clock when we asked. `answered_ms`: the answer's `Date`; without one our clock alone stands. A
        clock that runs ahead must not win against what Junction sends later. One that is behind does no harm: whatever
        changed since comes as a webhook. Not simply the lesser of both: two answers of one second would be of one age.
        """
        if answered_ms is not None:
            # Never less again: an answer that was slow proves nothing, and to be behind does no harm.
            self._ahead_ms = max(self._ahead_ms, began_ms - (answered_ms + DATE_MS))
        return began_ms - self._ahead_ms
