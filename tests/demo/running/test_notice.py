"""A file is believed only when this user's running process wrote it, and when it leads nowhere else."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from streams.demo.running import discover, notice
from streams.demo.running.notice import Notice

GOOD = Notice("demo", 1, "c", "127.0.0.1:9092", "http://127.0.0.1:8081", "junction", "junction-streams", 4, 8070)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "1.json"


def written(path: Path, data: bytes = msgspec.json.encode(GOOD)) -> int:
    """A descriptor that holds the lock of a file of ours."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    os.fchmod(opened, 0o600)
    fcntl.flock(opened, fcntl.LOCK_EX)
    os.write(opened, data)
    return opened


def test_what_a_running_process_says_is_read(path: Path) -> None:
    """Locked, ours, closed to others: believed."""
    opened = written(path)
    assert notice.read(path) == GOOD
    os.close(opened)


def test_a_stale_file_is_removed(path: Path) -> None:
    """Whoever wrote it is gone, and so is the lock: nothing is found, and nothing stays."""
    os.close(written(path))
    assert notice.read(path) is None
    assert not path.exists()


def a_link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def somebody_elses(path: Path) -> None:
    if os.getuid():
        pytest.skip("because only root can give a file away")
    os.chown(path, 65534, 65534)


FOREIGN: list[Callable[[Path], None]] = [
    a_link, a_pipe, a_folder, somebody_elses, lambda path: path.chmod(0o640), lambda path: path.chmod(0o602),
    lambda path: path.unlink(),
]  # fmt: skip


@pytest.mark.parametrize("change", FOREIGN)
def test_a_file_that_is_not_ours_is_ignored(path: Path, change: Callable[[Path], None]) -> None:
    """Another owner, readable or writable by others, no plain file, gone: ignored, and left where it is."""
    opened = written(path)
    change(path)
    there = path.exists() or path.is_symlink()
    assert notice.read(path) is None
    assert (path.exists() or path.is_symlink()) == there
    os.close(opened)


@pytest.mark.parametrize(
    "changes",
    [
        {"bootstrap_servers": "evil.example:9092"},
        {"bootstrap_servers": "127.0.0.1:9092,10.0.0.1:9092"},
        {"bootstrap_servers": "127.0.0.1"},
        {"bootstrap_servers": ""},
        {"bootstrap_servers": "127.0.0.1@evil.example:9092"},
        {"bootstrap_servers": "127.0.0.1:99999"},
        {"registry_url": "http://evil.example:8081"},
        {"registry_url": "http://user:word@127.0.0.1:8081"},
        {"registry_url": "file:///etc/passwd"},
        {"registry_url": ""},
        {"junction_url": "http://evil.example"},
        {"topic_prefix": "a b"},
        {"group_id": ""},
        {"partitions": 0},
        {"query_port": 70_000},
        {"kind": "other"},
        {"format": 2},
        {"pid": "1"},
        {"cluster_id": None},
    ],
)
def test_what_leads_elsewhere_is_ignored(changes: dict[str, object]) -> None:
    """Only addresses of this machine, and only values that settings take."""
    data = msgspec.json.encode(msgspec.to_builtins(GOOD) | changes)
    assert notice.decode(data) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"null", msgspec.json.encode(GOOD) + b" " * 9000])
def test_what_is_no_notice_is_ignored(data: bytes) -> None:
    """Empty, cut, not JSON, too long."""
    assert notice.decode(data) is None


def test_the_mock_cluster_has_no_registry_to_reach() -> None:
    """`local:` is no address, and right."""
    one = msgspec.structs.replace(GOOD, registry_url="local:", junction_url="http://localhost:8090")
    assert notice.decode(msgspec.json.encode(one)) == one


@pytest.mark.parametrize("given", ["", "relative"])
def test_folder_of_a_user_without_a_setting(given: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_STATE_HOME, when it is absolute; else ~/.local/state."""
    monkeypatch.setenv("XDG_STATE_HOME", given)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert notice.folder() == tmp_path / ".local/state/junction-streams/running"
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert notice.folder() == Path("/state/junction-streams/running")


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as a number without a user: nothing is found and nothing announced, without an error."""

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(OSError, match="Not a directory"):
        notice.folder().mkdir(parents=True, exist_ok=True)
    assert discover.newest() is None
