"""One thread for calls of librdkafka that block, and a way out when such a call never returns.

librdkafka 2.16 can forget a request: `send_offsets_to_transaction` does not come back, whatever its timeout, when the
broker that it remembers as group coordinator was given up meanwhile (confluentinc/librdkafka#5511: every connection was
down for a moment, or the broker left the metadata). Nothing can wake that thread. So the thread is a daemon, for which
no exit waits, and `run` raises Stuck after STUCK_S. Ending the process is safe: the next start fences what the call
may still do.
"""

import asyncio
import threading
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from typing import Any

from streams.ops.errors import Unavailable

CALL_TIMEOUT_S = 5.0  # of each call of librdkafka; one that answers "again" is made again
STUCK_S = CALL_TIMEOUT_S + 3.0  # it should have answered long ago
LOOKS = 8  # at a call, in that time

Call = Callable[[], Any]


class Stuck(Unavailable):
    """A call of librdkafka did not return, and never will."""


class Blocking:
    """Runs jobs one after the other, in a daemon thread. A job makes calls that may get stuck through `guard`."""

    def __init__(self, name: str, stuck_s: float = STUCK_S) -> None:
        self._jobs: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Call]] = SimpleQueue()
        self._stuck_s = stuck_s
        self._numbers = count()
        self._under_way: int | None = None
        self.is_stuck = False
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def guard(self, call: Call) -> Any:
        """Make a call that may get stuck, in a job."""
        self._under_way = next(self._numbers)
        try:
            return call()
        finally:
            self._under_way = None

    async def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """The result of a job. Raises what it raises, and Stuck when it does not end."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._jobs.put((loop, done, lambda: call(*args)))
        # Looks are counted, not seconds: a process that was stopped (SIGSTOP, a sleeping laptop) has not waited.
        seen, looks = self._under_way, 0
        while not (await asyncio.wait([done], timeout=self._stuck_s / LOOKS))[0]:
            looks = looks + 1 if self._under_way is not None and self._under_way == seen else 0
            seen = self._under_way
            self.is_stuck = self.is_stuck or looks >= LOOKS
            if self.is_stuck:
                raise Stuck(
                    f"a call of librdkafka that should end within {CALL_TIMEOUT_S:.0f} s does not return. "
                    "Nothing uncommitted is kept; restarting is safe."
                )
        return done.result()

    def _work(self) -> None:
        while True:
            loop, done, call = self._jobs.get()
            try:
                result, error = call(), None
            except BaseException as raised:  # `run` raises it
                result, error = None, raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, done, result, error)


def _resolve(done: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
