"""Ports: free, distinct, and the same next time."""

import socket
from pathlib import Path

from streams.demo.cluster import ports


def test_ports_are_remembered_while_they_are_free(tmp_path: Path) -> None:
    """The same names get the same ports again; one that was taken meanwhile is replaced, the others stay."""
    book = tmp_path / "ports.json"
    first = ports.choose(["a", "b", "c"], book)
    assert len(set(first.values())) == 3
    assert ports.choose(["a", "b", "c"], book) == first
    with socket.create_server((ports.LOOPBACK, first["b"])):
        assert ports.listening(first["b"])
        second = ports.choose(["a", "b", "c"], book)
    assert second == {**first, "b": second["b"]}
    assert second["b"] != first["b"]


def test_a_spoilt_book_is_written_anew(tmp_path: Path) -> None:
    """A start that was killed while it wrote the book does not hinder the next one."""
    book = tmp_path / "ports.json"
    book.write_text('{"a": 2')
    assert ports.choose(["a"], book) == ports.choose(["a"], book)
