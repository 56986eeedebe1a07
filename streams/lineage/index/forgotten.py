"""Who is forgotten: a file beside the index's folder, which outlives the folder.

An index that is made again from Kafka would bring a person back, whose rows Kafka keeps until they expire. So the list
does not lie in the folder that is deleted then. It holds digests, one a line, and no id. Any process of the same
settings may add to it; the one that keeps the index sees that it has changed.
"""

import os
from pathlib import Path

from streams.lineage.index.rows.packed import owner_digest
from streams.ops.errors import Misconfigured
from streams.ops.file_stamp import Stamp, stamp

ENDING = ".forgotten"
_TITLE = b"# Digests of users whose lineage is not kept. This file keeps them out of an index that is made again.\n"


class Forgotten:
    """Digests of users (`owner_digest`). `path`: None for a list that is empty and stays so."""

    def __init__(self, path: Path | None) -> None:
        """As the file is now. Raises Misconfigured."""
        self._path = path
        self._stamp: Stamp | None = None
        self._digests: frozenset[bytes] = frozenset()
        self.refresh()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._digests

    def refresh(self) -> frozenset[bytes]:
        """Who has been added to the file since it was read last. Raises Misconfigured."""
        if self._path is None or (now := stamp(self._path)) == self._stamp:
            return frozenset()
        before, self._digests, self._stamp = self._digests, _read(self._path), now
        return self._digests - before

    def all(self) -> frozenset[bytes]:
        """Everybody."""
        return self._digests


def file_of(folder: Path) -> Path:
    """Where the list of an index lies, by the index's folder."""
    return folder.with_name(f"{folder.name}{ENDING}")


def forget(path: Path, user_id: str) -> None:
    """Put a user on the list for good. Raises Misconfigured where it cannot be written."""
    line = f"{owner_digest(user_id).hex()}\n".encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, line if os.fstat(file).st_size else _TITLE + line)  # at once: others may add, too
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise Misconfigured(f"cannot write {path}, the list of who is forgotten: {error.strerror}") from None


def _read(path: Path) -> frozenset[bytes]:
    try:
        lines = path.read_text("ascii").splitlines()
        return frozenset(bytes.fromhex(line) for line in lines if line and not line.startswith("#"))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError):
        raise Misconfigured(f"cannot read {path}, the list of who is forgotten: one digest a line") from None
