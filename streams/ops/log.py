"""Logs: one constant event name plus fields, to stderr; as JSON where that is no terminal.

Fields are ids, names, counts and places. Never a payload, a value, a secret or an e-mail address.
"""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import stamina
import structlog


def configure(level: str = "INFO", *, as_json: bool | None = None) -> None:
    """Set up structlog once per process. `as_json=None`: JSON unless stderr is a terminal."""
    stamina.instrumentation.set_on_retry_hooks([])  # `waiting` logs when a wait begins and ends, not each try
    if as_json is None:
        as_json = not sys.stderr.isatty()
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", _Sparing(sys.stderr))),
    )


class _Sparing:
    """Lines that cannot be written are dropped: a log whose disk is full, or whose reader is gone, ends no work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # ValueError: of a stream that was closed
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def get(name: str) -> "structlog.typing.FilteringBoundLogger":
    """A logger whose lines carry `component`."""
    return structlog.get_logger(component=name)  # type: ignore[no-any-return]  # because structlog's lazy proxy is Any
