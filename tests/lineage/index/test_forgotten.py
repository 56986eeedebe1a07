"""The list of who is forgotten: whole lines or none, beside the index's folder."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.lineage.index.forgotten import Forgotten, file_of, forget
from streams.lineage.index.rows.packed import owner_digest
from streams.ops.errors import Misconfigured
from tests.lineage.index.made import USERS


@contextmanager
def room(path: Path, size_bytes: int) -> Iterator[None]:
    """No file of this process may become larger than this one and so many bytes."""
    before, on_signal = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, on_signal)


def test_a_full_disk_takes_no_half_of_a_line(tmp_path: Path) -> None:
    """Who does not fit is told so, and stays out of the list; the next one is on it."""
    path = tmp_path / "lineage.forgotten"
    forget(path, USERS[0])
    with room(path, 10), pytest.raises(Misconfigured, match="No space left"):
        forget(path, USERS[1])
    forget(path, USERS[2])
    found = Forgotten(path)
    assert [owner_digest(one) in found for one in USERS] == [True, False, True]


def test_half_a_line_is_not_passed_over(tmp_path: Path) -> None:
    """Whoever it was would come back unseen: reading says which line it is, and a new line is not glued to it."""
    path = tmp_path / "lineage.forgotten"
    forget(path, USERS[0])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Misconfigured, match="line 2 of"):
        Forgotten(path)
    with pytest.raises(Misconfigured, match="line 2 of"):
        forget(path, USERS[1])
    assert path.read_text().splitlines()[2] == owner_digest(USERS[1]).hex()


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the folder, however that is written; the root of a disk has no place beside it."""
    monkeypatch.chdir(tmp_path)
    assert file_of(Path("lineage")) == tmp_path / "lineage.forgotten"
    assert file_of(Path()) == tmp_path.with_name(f"{tmp_path.name}.forgotten")
    with pytest.raises(Misconfigured, match="is the root"):
        file_of(Path("/"))
