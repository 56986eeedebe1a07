"""Which endpoint is ours, by the end of its description."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.control import tag
from connectors.junction.webhook_api import Webhook
from streams.ops.errors import Misconfigured

NAMES = st.from_regex(r"\A[A-Za-z0-9._~-]{1,64}\Z").filter(lambda name: name.strip("."))


def webhook(id: str, description: str) -> Webhook:
    return Webhook(id, "https://a.example.org", description, None, False, None, "", "")


@given(st.text(max_size=80), NAMES, NAMES)
def test_a_tag_is_found_again(description: str, first: str, second: str) -> None:
    """Whatever stands before it; another name takes its place; written twice it is written once."""
    once = tag.tagged(description, first)
    assert tag.of(once) == first
    assert tag.of(tag.tagged(once, second)) == second
    assert tag.tagged(once, first) == once
    assert tag.tagged("", first) == f"[junction-streams:{first}]"


@pytest.mark.parametrize("words", ["", "junction-streams:a", "[junction-streams:a] of old", "[junction-streams:]"])
def test_what_is_no_tag(words: str) -> None:
    """Only one at the end is: a description may speak of it."""
    assert tag.of(words) is None


def test_two_with_one_tag() -> None:
    """Refused with both ids, because to choose is a person's."""
    two = [webhook(id, "x [junction-streams:a]") for id in ("ep_2", "ep_1")]
    with pytest.raises(Misconfigured) as caught:
        tag.find([*two, webhook("ep_3", "[junction-streams:b]")], "a")
    assert str(caught.value) == (
        "2 endpoints at Junction have the tag [junction-streams:a]: ep_1 and ep_2. Look which one is meant "
        "(`junction-streams webhooks list`), and take the tag off the end of the other's description in Junction's "
        "dashboard, or delete it there"
    )
    assert tag.find(two[:1], "a") == two[0]
    assert tag.find(two, "b") is None
