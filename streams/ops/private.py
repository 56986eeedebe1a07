"""Keeps our files from other users of the host, and our settings from programs that we start."""

import os
from pathlib import Path

_OTHERS = 0o077
_PASSING = 0o011  # to what is in a folder


def close_files() -> None:
    """From now on files and folders made by this process and its children are for its user alone."""
    os.umask(_OTHERS)


def is_open(folder: Path) -> bool:
    """Whether other users of the host can reach a folder, and list it, change it or pass through it."""
    path = folder.absolute()
    is_reachable = all(parent.stat().st_mode & _PASSING for parent in path.parents)
    return bool(is_reachable and path.stat().st_mode & _OTHERS)


def environment() -> dict[str, str]:
    """This process' environment for programs that are not ours: without our settings, which hold secrets."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("STREAMS_")}
