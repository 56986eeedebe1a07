"""One thread for calls of librdkafka that block, and a way out when such a call never returns.

librdkafka 2.16 can forget a request: `send_offsets_to_transaction` does not come back, whatever its timeout, when the
broker that it remembers as group coordinator was given up meanwhile (confluentinc/librdkafka#5511: the broker left the
metadata). It also waits without end for one that is away (#5456). Nothing can wake that thread. So the thread is a
daemon, for which no exit waits, and `run` raises Stuck after STUCK_S. From then on the job does nothing more, should
its call ever return: whoever made it may go on with another thread and another producer, which fences this one.
"""

import asyncio
import threading
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from typing import Any

from streams.ops.errors import Unavailable

CALL_TIMEOUT_S = 3.0  # of each call of librdkafka; one that answers "again" is made again
STUCK_S = CALL_TIMEOUT_S + 2.0  # it should have answered long ago
LOOKS = 8  # at a call, in that time

Call = Callable[[], Any]


class Stuck(Unavailable):
    """A call of librdkafka did not return, and its job is given up."""

    def __init__(self) -> None:
        super().__init__(
            f"a call of librdkafka that should end within {CALL_TIMEOUT_S:.0f} s does not return. "
            "Nothing uncommitted is kept; restarting is safe."
        )


class Blocking:
    """Runs jobs one after the other, in a daemon thread. A job makes calls that may get stuck through `guard`."""

    def __init__(self, name: str, stuck_s: float = STUCK_S) -> None:
        self._jobs: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Call]] = SimpleQueue()
        self._stuck_s = stuck_s
        self._numbers = count()
        self._under_way: int | None = None
        self._verdict = threading.Lock()  # a call has returned before its job was given up, or it never counts
        self.is_stuck = False
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def guard(self, call: Call) -> Any:
        """Make a call that may get stuck, in a job. Raises Stuck where the job was given up meanwhile."""
        self._under_way = next(self._numbers)
        try:
            return call()
        finally:
            with self._verdict:
                self._under_way = None
            if self.is_stuck:
                raise Stuck

    async def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """The result of a job. Raises what it raises, and Stuck when it does not end."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._jobs.put((loop, done, lambda: call(*args)))
        # Looks are counted, not seconds: a process that was stopped (SIGSTOP, a sleeping laptop) has not waited.
        seen, looks = self._under_way, 0
        while not (await asyncio.wait([done], timeout=self._stuck_s / LOOKS))[0]:
            with self._verdict:
                looks = looks + 1 if self._under_way is not None and self._under_way == seen else 0
                seen = self._under_way
                self.is_stuck = self.is_stuck or looks >= LOOKS
            if self.is_stuck:
                raise Stuck
        return done.result()

    def _work(self) -> None:
        while not self.is_stuck:  # else what was given up goes, and its producer with it
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
