"""Which source partitions can be worked on, by law; and the sentence about counts that differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.positions.apart import check_counts, together
from streams.ops.errors import Misconfigured

PLACES = st.sets(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 4)))
CHANGELOGS = st.sets(st.tuples(st.sampled_from(["x", "y"]), st.integers(0, 4)))


@given(sources=PLACES, changelogs=CHANGELOGS)
def test_together(sources: set[tuple[str, int]], changelogs: set[tuple[str, int]]) -> None:
    """A source is worked on exactly where the same partition of every table is."""
    mine = together(sources, changelogs, ["x", "y"])
    assert mine == {(t, p) for t, p in sources if {("x", p), ("y", p)} <= changelogs}


def test_counts() -> None:
    """Topics with other partition counts never come together: the sentence names them with what they have."""
    check_counts({"raw.a": 4, "changelog": 4})
    with pytest.raises(Misconfigured, match=r"changelog has 4, raw\.a has 8"):
        check_counts({"raw.a": 8, "changelog": 4})
