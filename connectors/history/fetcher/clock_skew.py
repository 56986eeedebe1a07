"""The time at which a page was requested: by our clock, unless Junction's answers prove that it runs ahead. Pure."""

from collections.abc import Callable

DATE_MS = 1_000  # a `Date` header names whole seconds: the answer was made before its second was over


class CorrectedClock:
    """`now`: Unix seconds of this host. Once its error is known, the times of one process keep their order."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ahead_ms = 0

    def now_ms(self) -> int:
        """Unix ms, uncorrected."""
        return int(self._now() * 1000)

    def asked_ms(self, began_ms: int, answered_ms: int | None) -> int:
        """Unix ms: the delivery time of an answer's data, which decides between it, webhooks and other answers.

        `began_ms`: our clock before the call. `answered_ms`: the answer's `Date`; None: our clock is taken as it is.
        """
        # Data of a clock that runs ahead must not win against what Junction sends later. A clock that is behind does no
        # harm: a webhook brings what changed since. The lesser of both would not do: two answers within one second
        # would be of the same age.
        if answered_ms is not None:
            # It only grows: a slow answer proves nothing, and to be behind does no harm.
            self._ahead_ms = max(self._ahead_ms, began_ms - (answered_ms + DATE_MS))
        return began_ms - self._ahead_ms
