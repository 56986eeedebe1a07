"""A file replaced as a whole: a reader, and who looks after a power cut, finds the old bytes or the new ones."""

import os
import stat
from pathlib import Path

from streams.ops.errors import Misconfigured

_OWNER_ALONE = 0o600


def replace(path: Path, content: bytes, like: os.stat_result | None = None) -> None:
    """Write them beside it, flush them, and rename. `like`: whose mode and owner it gets; None: 0600, ours.

    Raises OSError. What a killed process left beside it is written over; so one process at a time (`locked`).
    """
    beside = path.with_name(f".{path.name}.replacing")
    beside.unlink(missing_ok=True)
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _OWNER_ALONE)
    try:
        _fill(file, content, like)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(file)
    _flush_folder(path.parent)


def _fill(file: int, content: bytes, like: os.stat_result | None) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
    if like:
        mine = os.fstat(file)
        if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
            os.fchown(file, like.st_uid, like.st_gid)
        os.fchmod(file, stat.S_IMODE(like.st_mode))  # behind fchown, which may take bits away
    os.fsync(file)


def _flush_folder(folder: Path) -> None:
    """The rename itself is kept only when the folder is."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def check_replaceable(path: Path) -> None:
    """Raises Misconfigured where `replace` could not work, before anything is begun."""
    try:
        found = path.stat()
    except OSError as error:
        raise Misconfigured(f"cannot read {path}: {error.strerror}") from None
    if not os.access(path.parent, os.W_OK):
        raise Misconfigured(
            f"{path} cannot be replaced: its folder is read-only here, as where Kubernetes mounts a Secret. Let "
            "secret_file name a copy that you can write (kubectl get secret NAME -o go-template=...), run this again, "
            "and give the copy back while it waits for the gateways: kubectl create secret generic NAME "
            "--from-file=KEY=FILE --dry-run=client -o yaml | kubectl apply -f -"
        )
    if os.geteuid() not in (0, found.st_uid):
        raise Misconfigured(f"{path} belongs to another user, whom it has to stay: run this as that user, or as root")
    if os.geteuid() and found.st_gid not in {os.getegid(), *os.getgroups()}:
        raise Misconfigured(f"{path} belongs to a group that is not yours, whose it has to stay: run this as root")
