"""Blocking calls beside an event loop, each in a thread that nobody waits for: not the loop, not the program's end.

A loop's own executor is waited for when the loop closes, and again when the program ends: one DNS server that does not
answer would hold up all that is known by then.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Unawaited(ThreadPoolExecutor):
    """For `loop.set_default_executor`, which takes none but a ThreadPoolExecutor."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **named: Any) -> "Future[Any]":
        """In a new thread, however many there are."""
        future: Future[Any] = Future()
        threading.Thread(target=_run, args=(future, call, args, named), daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing to wait for."""


def _run(future: "Future[Any]", call: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call(*args, **named))
    except BaseException as error:  # whoever asked gets it
        future.set_exception(error)
