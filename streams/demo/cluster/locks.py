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
    fd = _open(path)
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
        fd = _open(path)
        fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    """A descriptor of 10 or more: a shell uses the single digits for itself (see supervise.py)."""
    low = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        return fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 10)
    finally:
        os.close(low)
