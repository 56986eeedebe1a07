"""Lines and the exit code that they mean."""

import pytest

from streams.ops.lines import Line, exit_code, look_at, ok, silent, size, some, wrong

GOOD, DOUBT = ok("a", "b"), look_at("a", "b", "c")
BAD, NOBODY = wrong("a", "b", "c"), silent("a", "b")


@pytest.mark.parametrize(
    ("lines", "code"),
    [([], 0), ([GOOD, DOUBT], 0), ([GOOD, BAD], 2), ([NOBODY, GOOD], 3), ([NOBODY, BAD, NOBODY], 2)],
)
def test_exit_code(lines: list[Line], code: int) -> None:
    """What a person has to change goes before what does not answer; what is only to be looked at is no failure."""
    assert exit_code(lines) == code
    assert exit_code(lines, if_wrong=1) == (1 if code == 2 else code)


def test_words() -> None:
    """Many names are few, and bytes have the largest unit without a rest."""
    assert some(["a", "b"]) == "a, b"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert [size(n) for n in (20 * 1024**2, 1024**3, 3 * 1024, 1_000_012)] == [
        "20 MiB",
        "1 GiB",
        "3 KiB",
        "1,000,012 bytes",
    ]
