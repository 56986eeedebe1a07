"""As whom PostgreSQL runs. It refuses to be root, so that a hole in it is not one in the machine."""

import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

NOBODY = "nobody"
OF_ROOT = Path("/var/lib/junction-streams")
_PASS = 0o001


@dataclass(frozen=True, slots=True)
class User:
    """A user and a group id; None: those that we have."""

    uid: int | None = None
    gid: int | None = None

    def own(self, folder: Path) -> None:
        """Make a folder that is this user's alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self._give(folder)

    def write(self, file: Path, text: str) -> None:
        """Make a file that is this user's alone."""
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        self._give(file)
        file.write_text(text)

    def _give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def unprivileged() -> User:
    """Ourselves, or `nobody` where we are root."""
    if os.geteuid() != 0:
        return User()
    entry = pwd.getpwnam(NOBODY)
    return User(entry.pw_uid, entry.pw_gid)


def place(folder: Path, user: User) -> Path:
    """Where a server's files go that are wanted in `folder`: another place, the same each time, where the user may not
    pass through to that one.
    """
    if user.uid is None or all(path.stat().st_mode & _PASS for path in _there(folder)):
        return folder
    return OF_ROOT / hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]


def _there(folder: Path) -> list[Path]:
    return [path for path in folder.absolute().parents if path.exists()]


def reachable(programs: Path, user: User, folder: Path) -> Path:
    """Where the user finds the programs: a copy below `folder` for another user than ourselves.

    Root's cache is closed to others.
    """
    if user.uid is None:
        return programs
    copied = folder / "programs"
    if not copied.exists():
        building = folder / "programs.copying"
        shutil.rmtree(building, ignore_errors=True)  # because mostly there is none
        shutil.copytree(programs, building, symlinks=True, copy_function=shutil.copy)
        _open(building)
        building.rename(copied)
    return copied


def _open(folder: Path) -> None:
    """Let others read and run what is in a folder, whatever our umask was."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.parent.name == "bin") else 0o644)
