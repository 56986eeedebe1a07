"""What other users of the host may see: nothing of ours, and where they may, it is said."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import structlog

from streams.demo.cluster.cluster import Cluster
from streams.engine.store.state_dir import own
from streams.ops import private


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody can reach: pytest's own are closed."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        if not private.is_open(Path(folder)):
            pytest.skip("because this machine's folder for temporary files is closed to others already")
        yield Path(folder)


@pytest.mark.parametrize(("rights", "is_open"), [(0o700, False), (0o755, True), (0o750, True), (0o701, True)])
def test_a_folder_is_open_when_anybody_else_has_a_right(place: Path, rights: int, is_open: bool) -> None:
    """Any right of group or others counts, if they can get there at all."""
    folder = place / "state"
    folder.mkdir()
    folder.chmod(rights)
    assert private.is_open(folder) is is_open
    place.chmod(0o700)
    assert not private.is_open(folder)


def test_a_state_directory_of_before_is_told(place: Path) -> None:
    """One that an older version made is used as it is, with a line that says what closes it; a closed one without."""
    state = place / "state"
    for rights, events in ((0o755, ["state_readable"]), (0o700, [])):
        state.mkdir(exist_ok=True)
        state.chmod(rights)
        with structlog.testing.capture_logs() as lines, own(state):
            pass
        assert [line["event"] for line in lines] == events
        assert all("chmod -R go=" in line["why"] for line in lines)


def test_a_clusters_folder_of_before_is_told(place: Path) -> None:
    """The embedded Kafka's folder holds whole bodies."""
    folder, said = place / "cluster", list[str]()
    folder.mkdir()
    folder.chmod(0o755)
    assert Cluster(folder, progress=said.append)._folder() == folder
    assert "chmod -R go=" in said[0]
