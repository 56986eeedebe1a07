"""Workers with the same settings: each has a number, and with it an id and a folder, of its own."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.engine.store import state_dir
from streams.ops.errors import Misconfigured
from streams.ops.numbered import numbered
from streams.ops.settings import Settings


def settings(folder: Path, worker: str = "w{n}", tables: str = "w{n}") -> Settings:
    return Settings(_env_file=None, worker_id=worker, state_dir=folder / tables)


def test_each_worker_takes_the_first_number_that_is_free(tmp_path: Path) -> None:
    """Three have 0, 1 and 2; when the second ends, the next one goes on with its id and its folder."""
    alike = settings(tmp_path)
    with ExitStack() as others, numbered(alike) as first:
        second = others.enter_context(numbered(alike))
        with numbered(alike) as third:
            assert [one.worker_id for one in (first, second, third)] == ["w0", "w1", "w2"]
            assert [one.state_dir.name for one in (first, second, third)] == ["w0", "w1", "w2"]
            others.close()
            with numbered(alike) as again:
                assert again == second


def test_a_folder_that_somebody_was_given_by_name_is_left_to_it(tmp_path: Path) -> None:
    """A worker with a fixed id, such as one of an older version, keeps its folder; its own lock is enough."""
    with state_dir.own(tmp_path / "w0"), numbered(settings(tmp_path)) as mine:
        assert mine.worker_id == "w1"
        with state_dir.own(mine.state_dir):
            pass


def test_without_a_number_nothing_changes(tmp_path: Path) -> None:
    """A fixed id stays, and no file is made for it."""
    fixed = settings(tmp_path, "w7", "w7")
    with numbered(fixed) as mine:
        assert mine is fixed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("worker", "tables"), [("w{n}", "w0"), ("w0", "w{n}")])
def test_a_number_in_one_of_both_is_refused(tmp_path: Path, worker: str, tables: str) -> None:
    """One id with two folders, or one folder for two ids, is a mistake that a start says."""
    with (
        pytest.raises(Misconfigured, match="STREAMS_WORKER_ID and STREAMS_STATE_DIR"),
        numbered(settings(tmp_path, worker, tables)),
    ):
        pass


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """What the system refuses is a sentence with the folder, not a search without end."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be used"), numbered(settings(tmp_path / "file")):
        pass
