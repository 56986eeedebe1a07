"""When a call is tried again, and for how long. Pure but for the jitter."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import stamina

from connectors.junction.failures import TryLater


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long one call is tried. A longer wait than `wait_max_s`, if Junction asks for it, is left to the caller."""

    tries: int = 5
    total_s: float = 60.0
    wait_first_s: float = 0.5
    wait_max_s: float = 20.0

    def again(self, error: Exception) -> bool | float:
        """For stamina: whether to try again, or after how many seconds. Jitter spreads the callers."""
        if not isinstance(error, TryLater):
            return False
        if not error.asked_to_wait:
            return True
        return error.retry_after_s <= self.wait_max_s and error.retry_after_s + random.uniform(0, self.wait_first_s)

    def attempts(self) -> AsyncIterator[stamina.Attempt]:
        """The tries of one call: `async for attempt in policy.attempts(): with attempt: ...`."""
        return stamina.retry_context(
            on=self.again,
            attempts=self.tries,
            timeout=self.total_s,
            wait_initial=self.wait_first_s,
            wait_max=self.wait_max_s,
            wait_jitter=self.wait_first_s,
        )
