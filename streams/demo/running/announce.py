"""Writes the file by which other commands find this process' Kafka, and removes it at the end."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from streams.demo.running import discover, notice
from streams.demo.running.notice import Kind, Notice
from streams.ops.settings import Settings


@contextmanager
def announced(settings: Settings, kind: Kind, junction_url: str = "") -> Iterator[bool]:
    """Others find the cluster of these settings inside the `with`. Gives whether they do.

    A folder that cannot be written, or a Kafka that does not say which one it is, ends nothing: it is not announced.
    """
    path = notice.folder() / f"{os.getpid()}-{secrets.token_hex(4)}.json"
    opened = _write(path, settings, kind, junction_url)
    try:
        yield opened is not None
    finally:
        if opened is not None:
            with suppress(OSError):
                path.unlink()
            os.close(opened)


def _write(path: Path, settings: Settings, kind: Kind, junction_url: str) -> int | None:
    """The descriptor that holds the lock; None when there is no file."""
    cluster_id = discover.cluster_id(settings.bootstrap_servers)
    if not cluster_id:
        return None
    about = Notice(
        kind, os.getpid(), cluster_id, settings.bootstrap_servers, settings.registry_url, settings.topic_prefix,
        settings.group_id, settings.partitions, settings.query_port if kind == "demo" else 0, junction_url,
        settings.console_port if kind == "demo" else 0,
    )  # fmt: skip
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        discover.remove_stale(path.parent)
        return _locked(path, msgspec.json.encode(about))
    except OSError:
        return None


def _locked(path: Path, data: bytes) -> int:
    """The file appears under its name when it is complete and locked: nobody takes it for stale before."""
    hidden = path.with_suffix(".new")
    opened = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        os.write(opened, data)
        hidden.rename(path)
    except OSError:
        os.close(opened)
        with suppress(OSError):
            hidden.unlink()
        raise
    return opened
