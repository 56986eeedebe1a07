"""The state directory as a whole: the number of its format, and forgetting it.

The directory is a copy of the changelog topics: databases that say how far they have read. So it can always be made
again, but never silently, because that takes its time and needs changelogs that are whole.
"""

from pathlib import Path

from streams.engine.store.database import discard
from streams.ops import log
from streams.ops.errors import Misconfigured

FORMAT = 1  # of the databases: their folders, the engine's own rows in them, options that RocksDB cannot change
FILE = "format"
KEPT = {"lock"}  # it is held while we run

logger = log.get("state")


def prepare(state_dir: Path, *, rebuild: bool) -> None:
    """Make sure that the directory, which is ours now, is of our format. `rebuild` empties it first.

    A directory without a number is new, or was made before there were numbers, in this format.
    Raises Misconfigured when another version of this program made it.
    """
    if rebuild:
        forget(state_dir)
    file = state_dir / FILE
    found = file.read_text().strip() if file.exists() else ""  # empty: a disk was full when it was written
    if found not in ("", str(FORMAT)):
        raise Misconfigured(
            f"the state in {state_dir} has format {found[:20]!r}, this version of the worker knows {FORMAT}: another "
            "version made it. Run that one, point STREAMS_STATE_DIR elsewhere, or start once with "
            "`--rebuild-state`: the tables are then made again from Kafka."
        )
    if not found:
        file.write_text(f"{FORMAT}\n")


def forget(state_dir: Path) -> None:
    """Delete every table. What Kafka's changelogs hold is read back at the assignment."""
    logger.warning("state_forgotten", folder=str(state_dir))
    for path in state_dir.iterdir():
        if path.name in KEPT:
            continue
        if path.is_dir():
            discard(path)
        else:
            path.unlink()
