"""The file of secrets: replaced as a whole, and as it was in all but the secret."""

import os
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.control import signing_secret
from connectors.control.rotation import replacing
from connectors.control.rotation.journal import JournalFile, Rotation, RotationJournal, RotationStep
from connectors.control.rotation.secret_file import SecretFile
from streams.ops.errors import Misconfigured

NOBODY = 65_534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "junction.secret"
    made.write_bytes(f"# ours\r\n{signing_secret.make().get_secret_value()}  # May\r\n".encode())
    made.chmod(0o600)
    return made


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640])
def test_mode_and_bytes_stay(path: Path, mode: int) -> None:
    """What is written is the old text with one line more; its readers are those of before."""
    path.chmod(mode)
    before, new = path.read_bytes(), signing_secret.make()
    SecretFile(path).put_first(new)
    line = f"{new.get_secret_value()}\r\n".encode()
    assert path.read_bytes() == before.replace(b"# ours\r\n", b"# ours\r\n" + line)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    SecretFile(path).take_out([signing_secret.fingerprint(new)])
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away, because of chown(2)")
def test_its_owner_stays(path: Path) -> None:
    """The gateway's user can read it afterwards."""
    os.chown(path, NOBODY, NOBODY)
    SecretFile(path).put_first(signing_secret.make())
    assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, NOBODY)


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    """What it leads to is replaced."""
    link = tmp_path / "link"
    link.symlink_to(path)
    SecretFile(link).put_first(signing_secret.make())
    assert (link.is_symlink(), len(SecretFile(path).secrets())) == (True, 2)


def test_a_mark_at_the_begin_stays(path: Path) -> None:
    """Of an editor of Windows."""
    path.write_bytes(b"\xef\xbb\xbf" + signing_secret.make().get_secret_value().encode())
    SecretFile(path).put_first(signing_secret.make())
    assert (path.read_bytes()[:3], len(SecretFile(path).secrets())) == (b"\xef\xbb\xbf", 2)


def test_what_a_killed_process_left_is_written_over(path: Path) -> None:
    """No second file with a secret stays beside it."""
    path.with_name(".junction.secret.replacing").write_text("half of a")
    SecretFile(path).put_first(signing_secret.make())
    assert [one.name for one in path.parent.iterdir()] == ["junction.secret"]


def test_the_last_secret_is_not_taken_out(path: Path) -> None:
    """A gateway without any would let nobody in."""
    file = SecretFile(path)
    with pytest.raises(Misconfigured, match="nobody could be let in"):
        file.take_out(list(file.secrets()))


def test_a_folder_that_is_read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Kubernetes mounts a Secret: said before anything is made, with what to do instead."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(Misconfigured, match="kubectl apply"):
        SecretFile(path).check()


def test_a_file_of_another_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaced by us it would be ours, and its reader locked out."""
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(Misconfigured, match="as that user, or as root"):
        replacing.check_replaceable(path)


def test_the_journal_is_for_its_user_alone(path: Path) -> None:
    """0600, read as it was written; one that is none says what to do."""
    file = JournalFile(path, "junction")
    journal = RotationJournal(Rotation(RotationStep.MADE, "a" * 8, ("b" * 8,), 1.5))
    file.write(journal)
    assert (stat.S_IMODE(file.path.stat().st_mode), file.read()) == (0o600, journal)
    file.path.write_text("{}x")
    with pytest.raises(Misconfigured, match="move the file away"):
        file.read()


def test_two_at_a_time(path: Path) -> None:
    """The second stops; a process that was killed holds nothing."""
    file = JournalFile(path, "junction")
    with file.locked(), pytest.raises(Misconfigured, match="another rotation runs"), file.locked():
        raise AssertionError
    with file.locked():
        pass


def test_no_secret_in_a_text(path: Path) -> None:
    """What is held is a secret type."""
    file = SecretFile(path)
    (secret,) = file.secrets().values()
    assert isinstance(secret, SecretStr)
    assert secret.get_secret_value() not in repr(file.secrets())
