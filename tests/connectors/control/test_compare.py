"""A change of a field, as a person reads it."""

import pytest

from connectors.control.compare import ABSENT, EVENTS, FieldChange, shown_url


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (ABSENT, ["a", "b"], "events: absent → 2 types"),
        (ABSENT, None, "events: absent → everything"),
        (None, ["a"], "events: everything → 1 type"),
        (["a", "b"], ["b", "c"], "events: 2 types → 2 types: also c; no longer a"),
    ],
)
def test_event_types_are_counted_and_named(before: list[str] | str | None, after: list[str] | None, told: str) -> None:
    """Types are named where both sides have a list; an endpoint that is to be made has none before."""
    assert str(FieldChange(EVENTS, before, after)) == told


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:pass@ingest.example.org:8443/webhooks/junction", "https://ingest.example.org:8443/webhooks/junction"),
        ("https://[::1]/webhooks/junction?token=x", "https://[::1]/webhooks/junction?***"),
        ("https://ingest.example.org/a#token", "https://ingest.example.org/a?***"),
        ("https://ingest.example.org:port/a", "a URL that is none"),
    ],
)  # fmt: skip
def test_a_url_is_shown_without_what_may_be_a_token(url: str, told: str) -> None:
    """A login and a query are left out; what cannot be read is not repeated."""
    assert shown_url(url) == told
