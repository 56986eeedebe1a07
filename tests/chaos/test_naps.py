"""The places at which a process can be stopped: all there, and the trap takes one process, once."""

from pathlib import Path

import pytest

from tests.chaos.naps import PLACES, Trap, spot


@pytest.mark.parametrize("name", PLACES)
def test_every_place_is_a_function(name: str) -> None:
    """What a place names is there, in the module or class that looks it up."""
    assert callable(spot(PLACES[name]).function)


def test_one_process_takes_the_trap(tmp_path: Path) -> None:
    """The first that comes to the place stops, nobody after it, and it is known who that was."""
    trap = Trap(tmp_path)
    trap.set("committed", 2.5)
    assert Trap(tmp_path, "w0").wanted("begun") is None
    assert Trap(tmp_path, "w1").wanted("committed") == 2.5
    assert Trap(tmp_path, "w0").wanted("committed") is None
    assert trap.await_taken(0) == "w1"


def test_a_place_that_nobody_comes_to(tmp_path: Path) -> None:
    """Once the wait is over nobody stops any more."""
    trap = Trap(tmp_path)
    trap.set("committed")
    assert trap.await_taken(0) == ""
    assert Trap(tmp_path, "w0").wanted("committed") is None
