"""What is asked for: paths of the official client, dates where Junction wants dates, spans that never shrink."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.junction import FailureReason, Refused, endpoints
from streams.events import resources
from streams.events.times import DAY_US

USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
START_US = 1_780_480_800_000_000  # 2026-06-03T10:00:00Z
DATES_ONLY = {"sleep_cycle", "menstrual_cycle", "electrocardiogram"}
NAMES = sorted(name for name in resources.RESOURCES if endpoints.has_endpoint(name))
moments = st.integers(-62_000_000_000_000_000, 250_000_000_000_000_000)


def test_all_resources_have_an_endpoint_but_two() -> None:
    """A workout's stream is asked for by workout, and the hypnogram is gone."""
    assert {name for name in resources.RESOURCES if not endpoints.has_endpoint(name)} == {"workout_stream", "hypnogram"}


@pytest.mark.parametrize("resource", ["workout_stream", "hypnogram", "skin_glow"])
def test_what_has_no_endpoint_is_refused(resource: str) -> None:
    """A resource that cannot be asked for is said to be so; no path is made up."""
    with pytest.raises(Refused) as caught:
        endpoints.page(resource, USER, (0, 1))
    assert caught.value.reason is FailureReason.NO_ENDPOINT


def test_paths_and_parameters() -> None:
    """API names in the path, the provider and the cursor only where there are any."""
    span = (START_US, START_US + 1)
    call = endpoints.page("weight", USER, span, "withings", "abc")
    assert call.path == f"/v2/timeseries/{USER}/body_weight/grouped"
    assert call.params == {
        "provider": "withings",
        "next_cursor": "abc",
        "start_date": "2026-06-03T10:00:00+00:00",
        "end_date": "2026-06-03T10:00:01+00:00",
    }
    assert endpoints.page("meal", USER, span).path == f"/v2/summary/meal/{USER}"
    assert endpoints.page("profile", USER, None, "oura").params == {"provider": "oura"}
    with pytest.raises(Refused, match="no span"):
        endpoints.page("sleep", USER, None)


@given(moments, st.integers(0, 400 * DAY_US), st.sampled_from([name for name in NAMES if name != "profile"]))
def test_a_span_never_shrinks(start_us: int, length_us: int, resource: str) -> None:
    """What is asked for covers the span, by less than a second, or a day, too much at each end."""
    span = (start_us, start_us + length_us)
    said = endpoints.dates(resource, span)
    if resource in DATES_ONLY:
        first, last = (date.fromisoformat(said[name]) for name in ("start_date", "end_date"))
        assert [(day - date(1970, 1, 1)).days for day in (first, last)] == [at // DAY_US for at in span]
        return
    start, end = (datetime.fromisoformat(said[name]) for name in ("start_date", "end_date"))
    assert start.tzinfo is end.tzinfo is UTC
    asked = [round(at.timestamp()) * 1_000_000 for at in (start, end)]
    assert asked[0] <= span[0] < asked[0] + 1_000_000
    assert asked[1] - 1_000_000 < span[1] <= asked[1]


@given(st.text(min_size=1, max_size=40))
def test_an_id_stays_one_part_of_the_path(id: str) -> None:
    """No id leads to another endpoint, whatever is in it; one that could is refused."""
    try:
        path = endpoints.user(id).path
    except Refused:
        assert not id.strip(".")
        return
    assert path.count("/") == 3
    assert not {"?", "#", " "} & set(path)


@pytest.mark.parametrize("id", ["", ".", "..", "x" * 300])
def test_what_is_no_id_is_refused(id: str) -> None:
    """Empty, dots and endless ones."""
    with pytest.raises(Refused):
        endpoints.workout_stream(id)
