"""Numbers as bytes: they come back as they were."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.tables.summaries import packed_numbers

numbers = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


def same(one: object, other: object) -> bool:
    """Equal, and of one type: 1 is not 1.0."""
    return repr(one) == repr(other)


@given(st.lists(numbers))
@example([None, 1e16, -1e-7, 1.0, 1, None, -0.0])
def test_numbers_come_back(values: list[int | float | None]) -> None:
    """As they were, without what is None at the end; a float stays a float."""
    text = packed_numbers.text_of(values)
    assert packed_numbers.unpack(packed_numbers.pack(text)) == text
    while values and values[-1] is None:
        values.pop()
    assert same(packed_numbers.values_of(text), values)


@given(st.lists(numbers))
@example([None])
def test_a_list_comes_back_whole(values: list[int | float | None]) -> None:
    """Also what is None at its end; an empty one is not one of None."""
    assert same(packed_numbers.unpack_list(packed_numbers.pack_list(values)), values)


@pytest.mark.parametrize(
    ("values", "packed"), [((20_607, None, 227.1), "20607aa227b1"), ((-3,), "c3"), ((1.5,), "1b5f")]
)
def test_two_characters_are_a_byte(values: tuple[float | None, ...], packed: str) -> None:
    """Rows on disk have this form: a character is half a byte, and what is over is f."""
    assert packed_numbers.pack(packed_numbers.text_of(values)).hex() == packed
