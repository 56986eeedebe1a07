"""Files of secrets: what is in one, what cannot be one, and who may read it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook import secret_files
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.connectors.webhook.test_endpoints import SECRETS


def test_lines_comments_and_blank_lines(tmp_path: Path) -> None:
    """One secret a line, newest first; comments, blank lines, a byte order mark, Windows' line ends are nothing."""
    path = tmp_path / "junction"
    path.write_text(f"\ufeff# made by hand\r\n{SECRETS[1]}\r\n\n  {SECRETS[0]}  # until Friday\n")
    assert secret_files.read(path) == [SECRETS[1], SECRETS[0]]


def test_a_file_in_place_of_a_secret(tmp_path: Path) -> None:
    """A file stands for its lines: alone, or as an item of the list, where they come in its place."""
    path = tmp_path / "junction"
    path.write_text(f"{SECRETS[1]}\n{SECRETS[2]}\n")
    alone = Settings(_env_file=None, endpoints=f'{{"junction": "file:{path}"}}')
    assert secret_files.secrets_of(alone, "junction") == SECRETS[1:3]
    mixed = Settings(_env_file=None, endpoints={"junction": [SECRETS[0], f"file:{path}", SECRETS[3]]})
    assert secret_files.secrets_of(mixed, "junction") == SECRETS
    assert secret_files.files(mixed) == [path]


@pytest.mark.parametrize(
    ("text", "why"), [(b"", "no secret"), (b"# none\n\n", "no secret"), (b"\xff", "UTF-8"), (b"a" * 65_537, "65,536")]
)
def test_a_file_that_is_none(tmp_path: Path, text: bytes, why: str) -> None:
    """What holds no secrets is refused with its path and the reason."""
    path = tmp_path / "junction"
    path.write_bytes(text)
    with pytest.raises(Misconfigured, match=why) as caught:
        secret_files.read(path)
    assert str(path) in str(caught.value)


def test_what_is_no_file_at_all(tmp_path: Path) -> None:
    """A missing file, a folder, and a pipe, for which nobody waits, are refused."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe", tmp_path / ("x" * 300), Path("a\0b")):
        with pytest.raises(Misconfigured):
            secret_files.read(path)


@given(st.text())
def test_any_text_has_its_lines(text: str) -> None:
    """Whatever a file says, no secret of it is empty, has a comment in it, or a blank at its ends."""
    for secret in secret_files.parse(text):
        assert secret == secret.strip() != ""
        assert "#" not in secret
        assert secret in text


def test_who_may_read_it(tmp_path: Path) -> None:
    """A file is open when it, and each folder above it, is open to everybody."""
    path = tmp_path / "junction"
    path.touch(0o644)
    is_open = all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
    assert secret_files.is_world_readable(path) == is_open
    tmp_path.chmod(0o700)
    assert not secret_files.is_world_readable(path)
    tmp_path.chmod(0o755)
    path.chmod(0o640)
    assert not secret_files.is_world_readable(path)
    assert not secret_files.is_world_readable(tmp_path / "missing")
