"""Several workers with the same settings: each takes the first number that no other one on this disk has.

`{n}` in STREAMS_WORKER_ID and STREAMS_STATE_DIR stands for it. So an id stays with its tables, whoever starts, and in
whichever order.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

NUMBER = "{n}"
LOCK = "lock"  # in a state directory: held by the worker that uses it


@contextmanager
def numbered(settings: Settings) -> Iterator[Settings]:
    """The settings with a number, which is ours until the block ends, or the process, however it does.

    As they are, where they ask for none. Raises Misconfigured when the folders cannot be used, or where workers would
    share an id or a folder.
    """
    if (NUMBER in settings.worker_id) != (NUMBER in str(settings.state_dir)):
        raise Misconfigured(f"{NUMBER} stands in one of STREAMS_WORKER_ID and STREAMS_STATE_DIR: it belongs in both")
    if NUMBER not in settings.worker_id:
        yield settings
        return
    lock, mine = _first_free(settings)
    try:
        yield mine
    finally:
        os.close(lock)


def _first_free(settings: Settings) -> tuple[int, Settings]:
    for number in count():
        mine = _with(settings, number)
        try:
            lock = _take(mine.state_dir)
        except OSError as error:
            raise Misconfigured(
                f"the state directory {mine.state_dir} cannot be used: {error.strerror}. Set STREAMS_STATE_DIR to a "
                "directory that this user may write to."
            ) from None
        if lock is not None:
            return lock, mine
    raise AssertionError  # because `count` has no end


def _with(settings: Settings, number: int) -> Settings:
    worker_id, state_dir = (text.replace(NUMBER, str(number)) for text in (settings.worker_id, str(settings.state_dir)))
    return settings.model_copy(update={"worker_id": worker_id, "state_dir": Path(state_dir)})


def _take(folder: Path) -> int | None:
    """A descriptor that holds the number, or None when another process has it.

    The lock lies beside the folder: that in it is taken by the engine, and by whoever was given this folder by name.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = _hold(folder.with_name(f"{folder.name}.number"))
    if lock is not None and (folder / LOCK).exists():
        other = _hold(folder / LOCK)
        if other is None:
            os.close(lock)
            return None
        os.close(other)
    return lock


def _hold(path: Path) -> int | None:
    """A descriptor that holds the lock of a file, which is made; None when another process has it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
