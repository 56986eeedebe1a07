"""Waits for a system outside: one log line when the wait begins, one when it ends, none in between."""

from collections.abc import Callable
from typing import TypeVar

import stamina

from streams.ops import log
from streams.ops.errors import GaveUp, Unavailable

T = TypeVar("T")


def until_available(what: str, call: Callable[[], T], *, wait_max_s: float = 5.0) -> T:
    """The result of the first call that does not raise Unavailable. Other errors, and GaveUp, pass through at once."""
    # Starting in the wrong order is normal (a worker before its Kafka), so the tries have no bound; Ctrl-C ends them.
    logger = log.get("start")
    for attempt in stamina.retry_context(
        on=_may_pass, attempts=None, timeout=None, wait_initial=0.25, wait_max=wait_max_s
    ):
        with attempt:
            try:
                result = call()
            except Unavailable as error:
                if attempt.num == 1 and _may_pass(error):
                    logger.warning("waiting", what=what, why=str(error))
                raise
            if attempt.num > 1:
                logger.info("waited", what=what, attempts=attempt.num)
            return result
    raise AssertionError("retry_context without bounds ends only by return")


def _may_pass(error: Exception) -> bool:
    return isinstance(error, Unavailable) and not isinstance(error, GaveUp)
