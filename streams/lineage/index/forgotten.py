"""Who is forgotten: a file beside the index's folder, which outlives the folder.

An index that is made again from Kafka would bring a person back, whose rows Kafka keeps until they expire. So the list
does not lie in the folder that is deleted then. It holds digests, one a line, and no id. Any process of the same
settings may add to it; the one that keeps the index sees that it has changed.
"""

import errno
import fcntl
import os
import re
from pathlib import Path

from streams.lineage.index.rows.packed import owner_digest
from streams.ops.errors import Misconfigured
from streams.ops.file_stamp import Stamp, stamp

ENDING = ".forgotten"
_DIGEST = re.compile(rb"[0-9a-f]{32}")
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
    """Where the list of an index lies, by the index's folder. Raises Misconfigured for a folder without a name."""
    beside = Path(os.path.abspath(folder))  # because `resolve` follows links, and the list is beside ours
    if not beside.name:
        raise Misconfigured(f"STREAMS_LINEAGE_DIR={folder} is the root: name a folder of the index's own")
    return beside.with_name(f"{beside.name}{ENDING}")


def forget(path: Path, user_id: str) -> None:
    """Put a user on the list for good. Raises Misconfigured where it cannot be written, or not be read any more."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)  # others may add, too
            _append(file, f"{owner_digest(user_id).hex()}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise Misconfigured(f"cannot write {path}, the list of who is forgotten: {error.strerror}") from None
    _read(path)


def _append(file: int, line: bytes) -> None:
    """All of it or, where the disk is full, nothing (OSError)."""
    size = os.fstat(file).st_size
    before = b"" if size else _TITLE
    if size and os.pread(file, 1, size - 1) != b"\n":
        before = b"\n"
    if os.write(file, before + line) < len(before + line):
        os.ftruncate(file, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _read(path: Path) -> frozenset[bytes]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise Misconfigured(f"cannot read {path}, the list of who is forgotten: {error.strerror}") from None
    for at, line in enumerate(lines, 1):
        if line and not line.startswith(b"#") and not _DIGEST.fullmatch(line):
            raise Misconfigured(
                f"line {at} of {path}, the list of who is forgotten, is no digest: delete the line, and have "
                "`junction-streams lineage forget` forget whoever it was once more"
            )
    return frozenset(bytes.fromhex(line.decode()) for line in lines if line and not line.startswith(b"#"))
