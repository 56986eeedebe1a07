"""Whether a file is another one than before."""

from pathlib import Path

from streams.ops.file_stamp import stamp


def test_a_file_that_is_replaced(tmp_path: Path) -> None:
    """Another file at its place is seen behind a symlink, too, though it is as long; one that is not there is None."""
    place, link = tmp_path / "file", tmp_path / "link"
    link.symlink_to(place)
    assert stamp(link) is None
    place.write_text("one")
    first = stamp(link)
    (tmp_path / "new").write_text("two")
    (tmp_path / "new").rename(place)
    assert first is not None
    assert stamp(link) not in (None, first)
    assert stamp(link) == stamp(place)
