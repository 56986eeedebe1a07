"""Where lines go."""

import os
import sys

import pytest
import structlog

from streams.ops import log


def test_a_log_that_nobody_takes_ends_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reader is gone, as after a disk that is full: the line is dropped, and who wrote it goes on."""
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w", buffering=1)
    monkeypatch.setattr(sys, "stderr", stream)
    try:
        log.configure(as_json=True)
        log.get("gateway").warning("refused", why="no signature")
        with pytest.raises(BrokenPipeError):
            stream.write("a line\n")
    finally:
        structlog.reset_defaults()
        with pytest.raises(BrokenPipeError):
            stream.close()
