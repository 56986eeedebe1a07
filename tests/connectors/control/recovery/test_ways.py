"""Which way brings back what, by what there is."""

import pytest

from connectors.control.recovery.ways import KEPT_MS, How, Means, steps, ways

DAY_MS = 86_400_000


def plan(means: Means, age_ms: int = DAY_MS) -> dict[str, How]:
    return {way.families: way.how for way in ways(means, age_ms)}


def test_svix_brings_everything() -> None:
    """As long as it keeps what it sent."""
    assert plan(Means(has_svix=True, has_api=True)) == {"all": How.SVIX}


@pytest.mark.parametrize("has_svix", [True, False])
def test_what_svix_keeps_no_more_comes_from_junction_or_not_at_all(has_svix: bool) -> None:
    """A checkout of so long ago is nowhere."""
    found = plan(Means(has_svix, has_api=True), KEPT_MS + 1)
    assert found["checkout"] is How.NOTHING
    assert (found["labs"], found["wearables"], "all" in found) == (How.API, How.API, False)


def test_without_a_token_the_dashboard_comes_first() -> None:
    """Beside it what a key of Junction's API brings."""
    found = plan(Means(has_svix=False, has_api=True))
    assert (found["all"], found["labs"], found["checkout"]) == (How.HAND, How.API, How.HAND)


def test_without_a_key_labs_are_a_persons() -> None:
    """The gap of wearables is a request to the workers, whose fetchers have their own."""
    found = plan(Means(has_svix=False, has_api=False))
    assert (found["labs"], found["wearables"]) == (How.HAND, How.API)


def test_the_dashboards_steps_name_both() -> None:
    """Recover alone leaves out the time in which the endpoint was disabled."""
    text = "\n".join(steps("https://a.example.org/", "2026-11-01T00:00:00+00:00", ""))
    assert "Recover failed messages" in text
    assert "Replay missing messages" in text
