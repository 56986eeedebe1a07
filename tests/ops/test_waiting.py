"""Waiting for systems at a start."""

import pytest

from streams.ops.errors import GaveUp, Misconfigured, Unavailable
from streams.ops.waiting import until_available


class Answers:
    """Raises each of these, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self._left = list(errors)

    def __call__(self) -> str:
        if self._left:
            raise self._left.pop(0)
        return "there"


def test_what_may_pass_is_waited_for() -> None:
    """A system that does not answer yet."""
    assert until_available("it", Answers(Unavailable("not yet")), wait_max_s=0.01) == "there"


@pytest.mark.parametrize("error", [Misconfigured("a person acts"), GaveUp("waited for long enough")])
def test_what_does_not_pass_ends_the_wait(error: Exception) -> None:
    """A refusal, and what was waited for already: the process ends, and its supervisor decides."""
    with pytest.raises(type(error)):
        until_available("it", Answers(Unavailable("not yet"), error), wait_max_s=0.01)
