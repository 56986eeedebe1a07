"""Messages at a steady rate, in a thread; what was not confirmed is published again."""

import threading
import time

from tests.chaos.doors.pipeline import Pipeline, Sending, sending

TICK_S = 0.1
FLOOD_FROM = 10_000_000


class Load(threading.Thread):
    """`confirmed`: all that a pipeline has taken. `again`: how often nobody knew, and it was published once more."""

    def __init__(self, pipeline: Pipeline, rate: float, users: int) -> None:
        super().__init__(name="load", daemon=True)
        self._pipeline, self._rate, self._users = pipeline, rate, users
        self._is_over = threading.Event()
        self.confirmed: list[Sending] = []
        self.again = 0

    def run(self) -> None:
        began_s, n = time.monotonic(), 0
        while not self._is_over.wait(TICK_S):
            until = int((time.monotonic() - began_s) * self._rate)
            self._send([sending(one, self._users) for one in range(n, until)])
            n = max(n, until)

    def _send(self, left: list[Sending]) -> None:
        while left:
            taken = self._pipeline.publish(left)
            self.confirmed += left[:taken]
            left = left[taken:]
            if left:
                self.again += 1
                time.sleep(TICK_S)

    def flood(self, messages: int) -> int:
        """So many at once, on top."""
        self._send([sending(FLOOD_FROM + n, self._users) for n in range(messages)])
        return messages

    def finish(self) -> None:
        """Return when the last one is confirmed."""
        self._is_over.set()
        self.join()
