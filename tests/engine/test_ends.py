"""Up to when a partition is processed wholly: the clock of timers."""

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.positions.ends import FACTS_MAX, Ends

A, B = ("raw.a", 0), ("raw.b", 0)


def test_not_known_before_two_answers() -> None:
    """One answer says where the log ends, but not since when that is true."""
    ends = Ends()
    assert ends.complete_ms([(A, 5)]) == 0
    ends.saw(A, 5, 1000)
    assert ends.complete_ms([(A, 5)]) == 0
    ends.saw(A, 5, 2000)
    assert ends.complete_ms([(A, 5)]) == 1000


def test_the_slowest_source_decides() -> None:
    """Of a partition's sources the one that is furthest behind is the clock; one that is silent counts, too."""
    ends = Ends()
    for source in (A, B):
        ends.saw(source, 0, 1000)
    ends.saw(A, 7, 2000)
    ends.saw(B, 7, 3000)
    ends.saw(B, 9, 4000)
    assert ends.complete_ms([(A, 7), (B, 6)]) == 0
    assert ends.complete_ms([(A, 7), (B, 7)]) == 1000
    assert ends.complete_ms([(A, 7), (B, 9)]) == 1000


def test_a_rebalance_forgets() -> None:
    """Cursors may go back; what they had passed says nothing any more."""
    ends = Ends()
    ends.saw(A, 0, 1000)
    ends.saw(A, 0, 2000)
    assert ends.complete_ms([(A, 0)]) == 1000
    ends.forget()
    assert ends.complete_ms([(A, 0)]) == 0


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 500)), max_size=40),
    st.lists(st.integers(0, 300), max_size=10).map(sorted),
)
def test_it_never_claims_too_much(growth: list[tuple[int, int]], cursors: list[int]) -> None:
    """Whatever was in the log at the time that is claimed lies behind the cursor; time never goes back."""
    ends, end, at_ms = Ends(), 0, 1000
    history = []
    for more, later in growth:
        end, at_ms = end + more, at_ms + later
        history.append((at_ms, end))
        ends.saw(A, end, at_ms)
    claimed = 0
    for cursor in cursors:
        now = ends.complete_ms([(A, cursor)])
        assert now >= claimed
        claimed = now
        assert all(end <= cursor for at, end in history if at <= claimed)


def test_bounded() -> None:
    """A long lag does not grow the memory."""
    ends = Ends()
    for n in range(10 * FACTS_MAX):
        ends.saw(A, n, n)
    assert len(ends._facts[A]) == FACTS_MAX
