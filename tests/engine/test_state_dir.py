"""The state directory: who may use it, and of which format it is."""

from pathlib import Path

import pytest

from streams.engine.store.state_dir import FILE, FORMAT, own, prepare
from streams.ops.errors import Misconfigured


def test_a_state_directory_that_is_none(tmp_path: Path) -> None:
    """A file in its place, a folder that cannot be made."""
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none")):
        with pytest.raises(Misconfigured, match="STREAMS_STATE_DIR"), own(place):
            pass


@pytest.mark.parametrize("made_by", ["0", "2", "garbage"])
def test_state_of_another_format(tmp_path: Path, made_by: str) -> None:
    """It is refused with the number, this program's number and what to do."""
    (tmp_path / FILE).write_text(made_by)
    with pytest.raises(Misconfigured, match=rf"format '{made_by}'.*knows {FORMAT}.*--rebuild-state"):
        prepare(tmp_path, rebuild=False)


def test_state_gets_its_number(tmp_path: Path) -> None:
    """A new directory is numbered, and one that was forgotten; the lock that is held stays."""
    prepare(tmp_path, rebuild=False)
    assert (tmp_path / FILE).read_text() == f"{FORMAT}\n"
    (tmp_path / FILE).write_text("99")
    (tmp_path / "v1" / "tables").mkdir(parents=True)
    (tmp_path / "lock").touch()
    prepare(tmp_path, rebuild=True)
    assert {path.name for path in tmp_path.iterdir()} == {"lock", FILE}
    prepare(tmp_path, rebuild=False)


def test_a_format_that_a_full_disk_cut_off(tmp_path: Path) -> None:
    """An empty number is one that was never written; another one is refused."""
    (tmp_path / FILE).touch()
    prepare(tmp_path, rebuild=False)
    assert (tmp_path / FILE).read_text() == f"{FORMAT}\n"
    (tmp_path / FILE).write_text("99")
    with pytest.raises(Misconfigured, match="format '99'"):
        prepare(tmp_path, rebuild=False)
