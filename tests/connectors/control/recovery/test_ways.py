"""Which way brings back what, by what there is."""

import pytest

from connectors.control.recovery.ways import KEPT_MS, How, Means, Parts, is_guided, parts, steps, ways
from connectors.svix.client import SvixSpan

DAY_MS = 86_400_000
NOW_MS = 1_800_000_000_000


def plan(means: Means, age_ms: int = DAY_MS, end_age_ms: int = 0) -> dict[str, How]:
    span = SvixSpan(NOW_MS - age_ms, NOW_MS - end_age_ms)
    return {way.families: way.how for way in ways(means, parts(span, NOW_MS))}


def test_svix_brings_everything() -> None:
    """As long as it keeps what it sent."""
    assert plan(Means(has_svix=True, has_api=True)) == {"all": How.SVIX}


@pytest.mark.parametrize("has_svix", [True, False])
def test_what_svix_keeps_no_more_comes_from_junction_or_not_at_all(has_svix: bool) -> None:
    """A checkout of so long ago is nowhere."""
    found = plan(Means(has_svix, has_api=True), KEPT_MS + DAY_MS, KEPT_MS + 1)
    assert found["checkout"] is How.NOTHING
    assert (found["labs"], found["wearables"], "all" in found) == (How.API, How.API, False)


def test_without_a_token_the_dashboard_comes_first() -> None:
    """Beside it what a key of Junction's API brings; a checkout, which no call brings, is named."""
    found = plan(Means(has_svix=False, has_api=True))
    assert (found["all"], found["labs"], found["checkout"]) == (How.HAND, How.API, How.NOTHING)


def test_without_a_key_labs_are_a_persons() -> None:
    """The gap of wearables is a request to the workers, whose fetchers have their own."""
    found = plan(Means(has_svix=False, has_api=False))
    assert (found["labs"], found["wearables"]) == (How.HAND, How.API)


def test_a_span_is_parted_where_svix_keeps_no_more() -> None:
    """The newer part is Svix's, the older one is asked of Junction; together they are the span."""
    edge_ms = NOW_MS - KEPT_MS
    assert parts(SvixSpan(edge_ms - 5, None), NOW_MS) == Parts(SvixSpan(edge_ms, None), SvixSpan(edge_ms - 5, edge_ms))
    assert parts(SvixSpan(edge_ms, None), NOW_MS).lost is None
    found = plan(Means(has_svix=True, has_api=True), KEPT_MS + 1)
    assert (found["all"], found["labs"], found["checkout"]) == (How.SVIX, How.API, How.NOTHING)


def test_nobody_is_guided_through_steps_that_bring_nothing() -> None:
    """Neither where a token does it, nor for what even the dashboard has no more."""
    old = Parts(None, SvixSpan(0, 1))
    assert not is_guided(ways(Means(has_svix=False, has_api=False), old))
    assert is_guided(ways(Means(has_svix=False, has_api=False), Parts(SvixSpan(0, 1), None)))
    assert not is_guided(ways(Means(has_svix=True, has_api=False), Parts(SvixSpan(0, 1), None)))


def test_the_dashboards_steps_name_both() -> None:
    """Recover alone leaves out the time in which the endpoint was disabled."""
    text = "\n".join(steps("https://a.example.org/", "2026-11-01T00:00:00+00:00", ""))
    assert "Recover failed messages" in text
    assert "Replay missing messages" in text


@pytest.mark.parametrize(
    ("has_api", "has_workers", "how"), [(True, True, How.API), (True, False, How.HAND), (False, True, How.HAND)]
)
def test_connections_need_junction_and_a_worker(has_api: bool, has_workers: bool, how: How) -> None:
    """What is missing is seen by comparing the two; without one of them a person reads."""
    found = plan(Means(has_svix=False, has_api=has_api, has_workers=has_workers))
    assert found["connections"] is how
