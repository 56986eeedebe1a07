"""Message ids of Svix: the time that is hidden in one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.message_ids import claimed, delivery_time_ms, ksuid_time_ms, new_message_id

NOW_S = 1_790_000_000


TOLERANCE_S = 300


def test_the_greatest_ksuid() -> None:
    """Base 62 has room for more than 20 bytes: the last number that fits is an id, the next one is none."""
    assert ksuid_time_ms("msg_aWgEPTl1tmebfsQzFP4bxwgy80V") is not None
    assert ksuid_time_ms("msg_aWgEPTl1tmebfsQzFP4bxwgy80W") is None


def test_ksuid_of_the_documentation() -> None:
    """The creation time comes from the first five bytes of the KSUID."""
    assert ksuid_time_ms("msg_2yrUlCpRDNpetRYyyYH3mpMxXBf") == 1_750_592_334_195


@pytest.mark.parametrize(
    "id", ["", "msg_", "msg_p5jXN8AQM9LWM0D4loKWxJek", "2yrUlCpRDNpetRYyyYH3mpMxXBf", "msg_" + "z" * 27]
)
def test_id_that_is_no_ksuid(id: str) -> None:
    """Ids of another shape, or beyond 160 bits, have no time."""
    assert ksuid_time_ms(id) is None


@given(st.integers(1_400_000_000_000, 4_000_000_000_000), st.binary(min_size=15, max_size=15))
def test_ksuid_round_trip(time_ms: int, randomness: bytes) -> None:
    """A message id keeps its time to 4 ms, and a time read from an id survives exactly."""
    read_ms = ksuid_time_ms(new_message_id(time_ms, randomness))
    assert read_ms is not None
    assert 0 <= read_ms - time_ms <= 4
    assert ksuid_time_ms(new_message_id(read_ms, bytes(15))) == read_ms


@given(st.text(), st.integers(0, 10**12))
def test_ksuid_of_anything(id: str, timestamp_s: int) -> None:
    """Any text is an id with a time or without one."""
    assert ksuid_time_ms(id) is None
    assert delivery_time_ms(id, timestamp_s, TOLERANCE_S) == timestamp_s * 1000


@pytest.mark.parametrize(
    ("age_s", "counts"),
    [(0, True), (86_400 * 90, True), (-300, True), (-301, False), (86_400 * 366, True), (86_400 * 366 + 1, False)],
)
def test_delivery_time(age_s: int, counts: bool) -> None:
    """The id's time counts when it lies in the year before the attempt; else the attempt's time does."""
    created_ms = (NOW_S - age_s) * 1000
    expected_ms = created_ms if counts else NOW_S * 1000
    assert delivery_time_ms(new_message_id(created_ms, bytes(15)), NOW_S, TOLERANCE_S) == expected_ms


@given(st.text(st.characters(), max_size=200))
def test_what_is_kept_of_an_id_that_was_claimed(text: str) -> None:
    """Whatever a stranger sends becomes at most 64 visible characters of ASCII, and what was kept stays as it is."""
    kept = claimed(text)
    assert (len(kept), kept.isascii(), " " in kept) == (min(64, len(text)), True, False)
    assert kept.isprintable()
    assert claimed(kept) == kept


def test_ids_that_no_sender_makes() -> None:
    """NUL, lone surrogates, escapes of a terminal, a megabyte: of the usual form or not, it can be kept and shown."""
    assert claimed("msg_2yrUlCpRDNpetRYyyYH3mpMxXBf") == "msg_2yrUlCpRDNpetRYyyYH3mpMxXBf"
    assert claimed("a\x00\ud800\x1b[2J\r\n é") == "a???[2J????"
    assert claimed("x" * 1_000_000) == "x" * 64
