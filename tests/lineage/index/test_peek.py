"""Who a user is, by the files of an index that another process keeps."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from streams.lineage.index.peek import user_known
from streams.lineage.index.temporary import TemporaryIndex
from streams.lineage.known import Link
from streams.ops.errors import Unavailable
from tests.lineage.index.made import USERS


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[TemporaryIndex]:
    """Somebody keeps it."""
    with closing(TemporaryIndex(tmp_path)) as found:
        yield found


def test_as_stories_take_it(kept: TemporaryIndex, tmp_path: Path) -> None:
    """An app's id leads to whoever had it last; what Junction itself calls a user is that one, whatever an app says."""
    link = Link(provider="oura", status="connected", since_ms=5)
    for client, user, at_ms in (("App-7", USERS[0], 1), ("App-7", USERS[1], 2), (USERS[2], USERS[0], 1)):
        kept.writer.add_client(client, user, at_ms)
    kept.writer.commit()
    assert user_known(tmp_path, "app-7", "App-7") == "", "it is not on the disk yet"
    kept.store.database.flush()
    assert user_known(tmp_path, "app-7", "App-7") == USERS[1]
    assert user_known(tmp_path, USERS[2], USERS[2]) == USERS[0]
    kept.writer.put_link(USERS[2], "oura", link)
    kept.writer.commit()
    kept.store.database.flush()
    assert user_known(tmp_path, USERS[2], USERS[2]) == USERS[2]
    assert user_known(tmp_path, "app-8", "app-8") == ""


def test_where_nothing_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an index nobody is known; one that cannot be read is a sentence."""
    monkeypatch.setattr("streams.lineage.index.peek.AGAIN_S", 0.0)
    assert user_known(tmp_path, "a", "a") == ""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "CURRENT").write_text("MANIFEST-000001\n")
    with pytest.raises(Unavailable, match="cannot be read now"):
        user_known(tmp_path, "a", "a")
