"""The state directory as a whole: whose it is, the number of its format, and deleting what is in it.

The directory is a copy of the changelog topics: databases that say how far they have read. So it can always be made
again, but never silently, because that takes its time and needs changelogs that are whole.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.engine.store.database import discard
from streams.ops import log, numbered, private
from streams.ops.errors import Misconfigured

FORMAT = 1  # of the databases: their folders, the engine's own rows in them, options that RocksDB cannot change
FILE = "format"
LOCK = numbered.LOCK  # held while we run
READABLE = "other users of this host can read health data in it: chmod -R go= makes it yours alone"

logger = log.get("state")


@contextmanager
def own(state_dir: Path) -> Iterator[None]:
    """Hold the state directory for this process. The system releases it however the process ends.

    Raises Misconfigured when another process has it, or it cannot be written to.
    """
    with _usable(state_dir):
        state_dir.mkdir(parents=True, exist_ok=True)
        lock = (state_dir / LOCK).open("w")
        if private.is_open(state_dir):  # of an older version, or on purpose: so nothing is changed
            logger.warning("state_readable", folder=str(state_dir), why=READABLE)
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Misconfigured(
                f"another worker uses {state_dir}: give each its own STREAMS_STATE_DIR and STREAMS_WORKER_ID."
            ) from None
        yield


def prepare(state_dir: Path, *, rebuild: bool) -> None:
    """Make sure that the directory, which is ours now, is of our format. `rebuild` empties it first.

    A directory without a number is new, or was made before there were numbers, in this format.
    Raises Misconfigured when another version of this program made it, or the system refuses to read or write it.
    """
    with _usable(state_dir):
        if rebuild:
            forget(state_dir)
        file = state_dir / FILE
        found = file.read_text().strip() if file.exists() else ""  # empty: a disk was full when it was written
        if found not in ("", str(FORMAT)):
            raise Misconfigured(
                f"the state in {state_dir} has format {found[:20]!r}, this version of the worker knows {FORMAT}: "
                "another version made it. Run that one, point STREAMS_STATE_DIR elsewhere, or start once with "
                "`--rebuild-state`: the tables are then made again from Kafka."
            )
        if not found:
            file.write_text(f"{FORMAT}\n")


def forget(state_dir: Path) -> None:
    """Delete every table. What Kafka's changelogs hold is read back at the assignment."""
    logger.warning("state_forgotten", folder=str(state_dir))
    for path in state_dir.iterdir():
        if path.name == LOCK:
            continue
        if path.is_dir():
            discard(path)
        else:
            path.unlink()


@contextmanager
def _usable(state_dir: Path) -> Iterator[None]:
    """What the system refuses, as Misconfigured."""
    try:
        yield
    except OSError as error:
        raise Misconfigured(
            f"the state directory {state_dir} cannot be used: {error.strerror}. Set STREAMS_STATE_DIR to a directory "
            "that this user may write to, on a disk with room."
        ) from None
