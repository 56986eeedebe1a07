"""An index in a folder that goes with it: for tests, and for who asks once."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.lineage.index.answers import DiskIndex
from streams.lineage.index.forgotten import Forgotten
from streams.lineage.index.store import IndexStore
from streams.lineage.index.writer import IndexWriter
from streams.lineage.known import Reach

NOWHERE = Reach(first_ms=0, as_of_ms=0, behind_s=0.0)


class TemporaryIndex(DiskIndex):
    """`known.Index` with a `writer` to fill it, which then has to `commit`.

    `reached`: what `reach` says, to be set.
    """

    def __init__(self, folder: Path, forgotten: Forgotten | None = None) -> None:
        """In a folder that nobody else uses. Raises IndexFull."""
        self.store = IndexStore(folder)
        super().__init__(self.store, lambda: self.reached)
        self.writer = IndexWriter(self.store, forgotten or Forgotten(None))
        self.reached = NOWHERE

    def close(self) -> None:
        self.store.close()


@contextmanager
def temporary_index(forgotten: Forgotten | None = None) -> Iterator[TemporaryIndex]:
    """An empty index, in a folder that is deleted in the end."""
    with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
        index = TemporaryIndex(Path(folder), forgotten)
        try:
            yield index
        finally:
            index.close()
