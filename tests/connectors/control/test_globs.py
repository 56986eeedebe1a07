"""Patterns of event types become exact names, and one that does nothing is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.control import globs
from connectors.control.file import WantedEndpoint
from streams.events.documented import is_event_type, types_of_today
from streams.simulator.management.event_types import EVENT_TYPES

TODAY = types_of_today()
PATTERNS = st.lists(
    st.builds(
        lambda no, name, cut, end: f"{no}{name[:cut]}{end}",
        st.sampled_from(["", "!"]),
        st.sampled_from(TODAY),
        st.integers(0, 30),
        st.sampled_from(["*", ""]),
    ),
    max_size=6,
)


def test_the_table_is_the_catalogue() -> None:
    """198 types, as the fake's own list has them, each documented; none of other times."""
    assert set(TODAY) == EVENT_TYPES
    assert all(map(is_event_type, TODAY))
    assert not [name for name in TODAY if "hypnogram" in name or name.startswith("testkit.")]


@given(PATTERNS)
def test_only_known_types_come(patterns: list[str]) -> None:
    """Whatever the patterns: known types, sorted, each once; with "*" behind them all."""
    found = globs.expand(patterns)
    assert set(found) <= set(TODAY)
    assert list(found) == sorted(set(found))
    assert globs.expand([*patterns, "*"]) == TODAY
    assert globs.expand([*patterns, "!*"]) == ()


@given(PATTERNS, st.sampled_from(TODAY))
def test_the_later_pattern_counts(patterns: list[str], name: str) -> None:
    """A type is in or out by the last pattern that fits it; what is in as a name is in as a list of names."""
    fitting = [one for one in patterns if name in globs.matches(one.removeprefix("!"))]
    found = globs.expand(patterns)
    assert (name in found) == bool(fitting and not fitting[-1].startswith("!"))
    assert globs.expand(found) == found


def test_all_but_labs() -> None:
    """The example of the page: wearables and connections, no lab."""
    found = globs.expand(["*", "!labtest.*", "!lab_report.*", "labtest.result.critical"])
    assert [name for name in found if name.startswith("lab")] == ["labtest.result.critical"]
    assert "daily.data.sleep.created" in found
    assert WantedEndpoint("a", "", ("daily.data.sleep.*",)).filter_types == (
        "daily.data.sleep.created",
        "daily.data.sleep.updated",
    )


NO_TYPE = "fits no event type that Junction documents"
OUT = 'what is to be taken out stands behind what lets it in: ["*", "!..."]'
FORM = "letters, digits, . _ - and *; ! before it takes out"


@pytest.mark.parametrize(
    ("patterns", "told"),
    [
        ([], [("no pattern, so that nothing would come", '"everything", or ["*", "!labtest.*"]')]),
        (["labtests.*"], [(f"'labtests.*' {NO_TYPE}", "did you mean 'labtest'?")]),
        (["daily.data.slep.*", "labtest.*"], [(f"'daily.data.slep.*' {NO_TYPE}", "did you mean 'daily.data.sleep'?")]),
        (
            ["daily.data.slep.created"],
            [(f"'daily.data.slep.created' {NO_TYPE}", "did you mean 'daily.data.sleep.created'?")],
        ),
        (["*", "!daily.dta.*"], [(f"'!daily.dta.*' {NO_TYPE}", "did you mean 'daily.data'?")]),
        (["daily.data.*.x*"], [(f"'daily.data.*.x*' {NO_TYPE}", "did you mean 'daily.data'?")]),
        (["!labtest.*"], [("'!labtest.*' takes nothing out", OUT)]),
        (["daily.data.*", "!labtest.*"], [("'!labtest.*' takes nothing out", OUT)]),
        (["*", "!labtest.*", "!labtest.order.*"], [("'!labtest.order.*' takes nothing out", OUT)]),
        (
            ["*", "!*"],
            [("nothing is left, so that nothing would come", "a webhook that is to be silent has enabled = false")],
        ),
        (["daily data"], [("'daily data' is no pattern", FORM)]),
        (["!!daily.*"], [("'!!daily.*' is no pattern", FORM)]),
        (["é" * 70], [(f"'{'é' * 64}' is no pattern", FORM)]),
        (["daily.data.sleep.*", "labtest.*", "!daily.data.*"], []),
        (["*"], []),
    ],
)
def test_a_pattern_that_does_nothing(patterns: list[str], told: list[tuple[str, str]]) -> None:
    """Each told once, with what was perhaps meant; what does something is not."""
    assert list(globs.problems(patterns)) == told


@given(PATTERNS)
def test_patterns_without_a_problem_let_something_in(patterns: list[str]) -> None:
    """Svix refuses an empty filter, and so do we."""
    assert list(globs.problems(patterns)) or globs.expand(patterns)
