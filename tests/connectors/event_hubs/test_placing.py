"""Where reading a partition begins."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.event_hubs.placing import Beginning, begin


def test_beginnings() -> None:
    """At what was committed; a new group at the oldest; behind what expired, and then with how many were lost."""
    assert begin(5, 0, 9) == Beginning(5)
    assert begin(9, 9, 9) == Beginning(9)
    assert begin(-1001, 3, 9) == Beginning(3)
    assert begin(2, 7, 9) == Beginning(7, n_lost=5)
    assert begin(50, 0, 9) == Beginning(0, is_other_hub=True)


@given(st.integers(-1001, 50), st.integers(0, 40), st.integers(0, 40))
def test_nothing_that_is_there_is_passed_over(committed: int, oldest: int, more: int) -> None:
    """Each message from the committed one on is read, or counted as lost; of another hub, all."""
    found = begin(committed, oldest, oldest + more)
    assert oldest <= found.offset <= oldest + more
    if committed >= 0 and not found.is_other_hub:
        assert found.offset - found.n_lost == committed
    else:
        assert found.offset == oldest
