"""Headers are refused before the call just where Svix refuses them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.control import header_rules
from streams.ops.errors import Misconfigured
from streams.simulator.management import rules
from tests.connectors.control.files import parsed, text

STRICTER = {"host", "connection", "webhook-id", "webhook-timestamp", "webhook-signature"}
NAMES = st.sampled_from(sorted(header_rules.NAMES | STRICTER) + [f"{one}x" for one in header_rules.PREFIXES])


def test_the_lists_are_svix_own() -> None:
    """19 names, and 10 prefixes of which one stands twice; the fake has them, too."""
    assert len(header_rules.NAMES) == 19
    assert len(header_rules.PREFIXES) == 9
    assert set(header_rules.NAMES) == set(rules.FORBIDDEN)
    assert set(header_rules.PREFIXES) == set(rules.FORBIDDEN_PREFIXES)
    assert header_rules.VALUE_BYTES_MAX == rules.HEADER_BYTES_MAX


@given(NAMES | st.text(max_size=20), st.text(max_size=20) | st.integers(4090, 4100).map(lambda n: "x" * n))
def test_what_we_let_pass_svix_takes(name: str, value: str) -> None:
    """Whatever the name and the value, in any case; and what we refuse beyond it is listed here."""
    for spelled in (name, name.title()):
        found = list(header_rules.problems({spelled: value}))
        try:
            rules.check_headers({spelled: value})
        except rules.Broken:
            assert found
        else:
            is_ours = spelled.lower() in STRICTER or value != value.strip() or len(spelled) > 256
            assert is_ours or not found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{ "User-Agent" = "x" }', "line 8: [endpoint.junction] headers: 'User-Agent' is one that Svix sets itself"),
        ('{ "X-Amz-Date" = "x" }', "'X-Amz-Date' begins with x-amz-, which Svix refuses"),
        ('{ "A" = "1", "a" = "2" }', "'a' and 'A' are one header"),
        ('{ "A b" = "1" }', "'A b' is no name of a header"),
        ('{ "A" = { env = "LONG" } }', "'A' has a value of 4,097 bytes (Svix takes 4,096)"),
        ('{ "A" = { env = "LINE" } }', "'A' has a value that no header can hold (no line break"),
        ('{ "A" = { env = "BYTE" } }', "'A' has a value that no header can hold"),
        ('{ "svix-id" = "x" }', "'svix-id' begins with svix-"),
    ],
)
def test_a_header_that_svix_forbids(line: str, words: str) -> None:
    """Told by line and name; the value of a variable is in no error."""
    with pytest.raises(Misconfigured) as caught:
        parsed(text(f"headers = {line}"), LONG="pLanted0" + "x" * 4089, LINE="pLanted0\n", BYTE="pLanted0\udcff")
    assert words in str(caught.value)
    assert "pLanted0" not in str(caught.value)
