"""The file in which a running `up` or `demo` says where it is, and whether such a file can be trusted.

Addresses, no secrets. Its writer holds a lock on it for as long as it runs: the kernel drops the lock with the process,
so a file without one is stale, whoever has the process' number meanwhile.
"""

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from streams.ops import addresses
from streams.ops.settings import LOCAL_REGISTRY

BYTES_MAX = 8192
_OTHERS = 0o077

Kind = Literal["up", "demo"]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,80}$")]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Notice(msgspec.Struct, frozen=True):
    """Where a cluster is, and what the settings of its own processes are. Ports, `junction_url`: 0 and "" for
    none. Fields have the names of settings, so that they can stand in for them."""

    kind: Kind
    pid: int
    cluster_id: str
    bootstrap_servers: str
    registry_url: str
    topic_prefix: Name
    group_id: Name
    partitions: Annotated[int, msgspec.Meta(ge=1, le=512)]
    query_port: Port = 0
    junction_url: str = ""
    console_port: Port = 0
    format: Literal[1] = 1


def folder() -> Path:
    """`${XDG_STATE_HOME:-~/.local/state}/junction-streams/running`, there or not."""
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    # A relative one does not count (XDG Base Directory Specification).
    base = given if given.is_absolute() else _home() / ".local" / "state"
    return base / "junction-streams" / "running"


def _home() -> Path:
    """The user's; below a file, where nothing can be, for one who has none: a container's user without a name."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.devnull)


def read(path: Path) -> Notice | None:
    """What a file says while its writer runs; None for one that is not to be trusted, or stale, which is removed."""
    try:
        # O_NONBLOCK: a pipe of that name must not hold up every command.
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not _is_ours(opened):
            return None
        if _is_stale(opened):
            path.unlink(missing_ok=True)
            return None
        return decode(os.read(opened, BYTES_MAX + 1))
    except OSError:
        return None
    finally:
        os.close(opened)


def decode(data: bytes) -> Notice | None:
    """None for what is too long, malformed, or leads away from this machine."""
    try:
        found = msgspec.json.decode(data, type=Notice) if len(data) <= BYTES_MAX else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if found and _stays_here(found) else None


def _is_ours(opened: int) -> bool:
    """A plain file of this user that nobody else can read or write."""
    about = os.fstat(opened)
    return stat.S_ISREG(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & _OTHERS


def _is_stale(opened: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
    return False


def _stays_here(notice: Notice) -> bool:
    servers = [f"kafka://{server}" for server in notice.bootstrap_servers.split(",")]
    registry = [] if notice.registry_url == LOCAL_REGISTRY else [notice.registry_url]
    junction = [notice.junction_url] if notice.junction_url else []
    return all(_is_loopback(url, "kafka") for url in servers) and all(
        _is_loopback(url, "http") for url in registry + junction
    )


def _is_loopback(url: str, scheme: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme == scheme and "@" not in parts.netloc and bool(port) and addresses.is_loopback(host)
