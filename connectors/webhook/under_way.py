"""The requests that are being answered, each until its reply is due."""

import asyncio
import time
from typing import Any

from connectors.webhook.limits.bodies import GRACE_S
from connectors.webhook.replies import TOO_SLOW, UNAVAILABLE, Reply

_SWEEP_S_MAX = 0.5


class Request:
    """One request in its task. `has_begun`: something of its body is here; `is_complete`: all of it, of `body_bytes`.

    `is_signed`: whether a secret signed it, None while that was not tried. `cut_with`: the reply that cut it off.
    """

    __slots__ = ("_task", "began_s", "body_bytes", "cut_with", "has_begun", "is_complete", "is_signed")

    def __init__(self, task: "asyncio.Task[Any] | None", began_s: float) -> None:
        self._task, self.began_s = task, began_s
        self.has_begun = self.is_complete = False
        self.body_bytes = 0
        self.is_signed: bool | None = None
        self.cut_with: Reply | None = None

    def cut(self, reply: Reply) -> None:
        """End what it waits for; its task answers with this reply."""
        if self.cut_with is None:
            self.cut_with = reply
            if self._task:
                self._task.cancel()

    def was_cut(self) -> Reply | None:
        """To be asked after CancelledError: the reply to answer with; None where the cancellation was no cut."""
        if self.cut_with is not None and self._task:
            self._task.uncancel()
        return self.cut_with


class UnderWay:
    """All of them. One timer for all instead of one for each: they have the same time, so the oldest is due first."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._requests: dict[Request, None] = {}
        self._is_empty = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> Request:
        """A request in the task that runs now."""
        # With the loop given: to ask which loop runs is a system call (getpid) each time.
        self._loop = self._loop or asyncio.get_running_loop()
        request = Request(asyncio.current_task(self._loop), time.monotonic())
        self._requests[request] = None
        return request

    def end(self, request: Request) -> None:
        """Its reply is known: it is cut no more."""
        del self._requests[request]
        if not self._requests:
            self._is_empty.set()

    async def sweep(self) -> None:
        """Cut what is overdue, until cancelled."""
        while True:
            await asyncio.sleep(min(_SWEEP_S_MAX, self._timeout_s / 4))
            now_s = time.monotonic()
            for request in list(self._requests):
                if now_s - request.began_s > self._timeout_s:
                    request.cut(UNAVAILABLE if request.is_complete else TOO_SLOW)
                elif now_s - request.began_s < GRACE_S:
                    break
                elif not request.has_begun:
                    request.cut(TOO_SLOW)

    async def wait_until_empty(self) -> None:
        """Return when nothing is under way."""
        while self._requests:
            self._is_empty.clear()
            await self._is_empty.wait()
