"""A change of a field, as a person reads it."""

import pytest

from connectors.control.compare import ABSENT, EVENTS, FieldChange


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
