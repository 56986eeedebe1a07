"""Warnings of Faust, mode and aiokafka, as lines of our log."""

import logging
import time
from collections.abc import Callable
from typing import Any

from streams.ops import log
from streams.ops.errors import place

REPEAT_S = 10.0  # how long a library's warning is not written again
KINDS_MAX = 500  # of warnings that are remembered


def quiet() -> None:
    """Of Faust, mode and aiokafka only warnings and worse; Faust alone writes hundreds of lines at start."""
    root = logging.getLogger()
    root.handlers[:] = [ToStructlog()]
    root.setLevel(logging.WARNING)


class ToStructlog(logging.Handler):
    """Writes libraries' warnings. The same one within REPEAT_S is counted, not written: while a broker is away,
    aiokafka logs it forty times a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._written: dict[tuple[str, str], tuple[float, int]] = {}  # → written when, repeated how often

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or count it. The same: of one logger, with one text before its values are put in."""
        kind, now_s = (record.name, str(record.msg)), self._clock()
        at_s, again = self._written.get(kind, (now_s - REPEAT_S, 0))
        if now_s < at_s + REPEAT_S:
            self._written[kind] = (at_s, again + 1)
            return
        if len(self._written) >= KINDS_MAX:
            self._written.clear()
        self._written[kind] = (now_s, 0)
        more: dict[str, Any] = {"repeated": again} if again else {}
        if record.exc_info and record.exc_info[1]:  # its text is left out: libraries quote what they were given
            more |= {"error": type(record.exc_info[1]).__name__, "at": place(record.exc_info[1])}
        log.get(record.name).log(_level(record, again), "library", text=record.getMessage()[:500], **more)


_TRIED_AGAIN = {  # aiokafka's
    "Marking the coordinator dead (node %s)for group %s.",  # it looks for the coordinator anew
    "Unable to update metadata from %s",  # a connection that Kafka closed while it was idle: it opens another one
}


def _level(record: logging.LogRecord, again: int) -> int:
    """A library's level; of what it will try again INFO at first, and WARNING if it lasts."""
    # The first group of a new Kafka has no coordinator for a moment, which aiokafka logs as an error.
    values = record.args if isinstance(record.args, tuple) else ()
    is_tried_again = record.msg in _TRIED_AGAIN or any(getattr(one, "retriable", False) for one in values)
    return record.levelno if not is_tried_again else logging.WARNING if again else logging.INFO
