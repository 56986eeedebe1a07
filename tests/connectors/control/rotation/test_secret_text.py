"""The text of a file of secrets, edited."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.control.rotation.secret_text import put_first, without
from connectors.webhook.secret_files import parse

ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\r", "\x0b", "\u2028"])
SECRETS = st.sampled_from([f"whsec_{letter * 32}" for letter in "abcdef"])
COMMENTS = st.text("# oldnew.é", max_size=8).map(lambda text: f"#{text}")
LINES = st.one_of(SECRETS, st.tuples(SECRETS, COMMENTS).map(" ".join), COMMENTS, st.just(""), st.just("  "))
TEXTS = st.tuples(st.lists(st.tuples(LINES, ENDS).map("".join)).map("".join), st.one_of(LINES, st.just(""))).map(
    "".join
)


def comments(text: str) -> list[str]:
    """Lines that are comment alone."""
    return [line for line in text.splitlines() if line.lstrip().startswith("#")]


@given(TEXTS, SECRETS)
def test_the_new_one_is_first(text: str, secret: str) -> None:
    """parse(put_first(text, new)) is [new, *old]: the old ones in their order, whatever stood between them."""
    old = [one for one in parse(text) if one != secret]
    assert parse(put_first(text, secret)) == [secret, *old]


@given(TEXTS, SECRETS)
def test_comments_and_other_lines_stay(text: str, secret: str) -> None:
    """Of what was there nothing is lost, and what stood above the first secret stays above it."""
    after = put_first(text, secret)
    assert comments(after) == comments(text)
    others = [line for line in text.splitlines() if parse(line) and parse(line) != [secret]]
    assert [line for line in after.splitlines() if parse(line) and parse(line) != [secret]] == others


@given(TEXTS, SECRETS)
def test_putting_it_first_twice_is_once(text: str, secret: str) -> None:
    """A step that is done again changes nothing."""
    once = put_first(text, secret)
    assert put_first(once, secret) == once


@given(TEXTS, SECRETS)
def test_what_goes_is_gone(text: str, secret: str) -> None:
    """parse(without(text, old)) is what is left, in its order, with every comment line."""
    after = without(text, secret.__eq__)
    assert parse(after) == [one for one in parse(text) if one != secret]
    assert comments(after) == comments(text)


def test_a_file_as_people_write_it() -> None:
    """The head stays on top, the comment behind a secret goes where that goes."""
    before = "# Junction, production\r\n\r\nwhsec_b  # since May\r\nwhsec_a"
    after = "# Junction, production\r\n\r\nwhsec_c\r\nwhsec_b  # since May\r\nwhsec_a"
    assert put_first(before, "whsec_c") == after
    assert put_first(before, "whsec_a") == "# Junction, production\r\n\r\nwhsec_a\r\nwhsec_b  # since May\r\n"
    assert without(after, "whsec_b".__eq__) == "# Junction, production\r\n\r\nwhsec_c\r\nwhsec_a"
