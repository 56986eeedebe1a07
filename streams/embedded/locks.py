"""File locks between processes. The kernel drops one when the last holder is gone, however it went."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def try_lock(path: Path, *, wait_s: float = 0.0) -> int | None:
    """A file descriptor that holds the lock, or None when another process has it after `wait_s`.

    Closing the descriptor gives the lock back. A child that inherits it (`pass_fds`) holds the lock too.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(fd)
                return None
            time.sleep(0.05)
        else:
            return fd


@contextmanager
def hold(path: Path, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock, however long the other process takes; `waiting` is called once if there is one."""
    fd = try_lock(path)
    if fd is None:
        waiting()
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(fd)
