"""Class archives: what a JVM loaded in one run, mapped into memory by the later ones. They halve the time to start.

The first clean stop of a user writes the archive (HotSpot's dynamic AppCDS, JEP 350). One that does not fit the JVM or
the class path is ignored by the JVM, so nothing depends on it.
"""

import uuid
from pathlib import Path


class Archive:
    """The archive at `path`, there or not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing: Path | None = None

    @property
    def being_written(self) -> bool:
        """Whether the end of the running process will write it (some seconds)."""
        return self._writing is not None

    def flags(self) -> list[str]:
        """JVM flags to use the archive, or else to write one at exit; of several processes the first writes."""
        if self._path.exists():
            return [f"-XX:SharedArchiveFile={self._path}"]
        if self._writing:
            return []
        self._writing = self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex}")
        return [f"-XX:ArchiveClassesAtExit={self._writing}"]

    def settle(self, *, complete: bool) -> None:
        """After the processes have ended: keep what was written if the run was whole, from start to clean stop."""
        if self._writing and self._writing.exists():
            if complete:
                self._writing.rename(self._path)
            else:
                self._writing.unlink()
        self._writing = None
