"""What a provider of the simulator has can be made."""

import pytest

from streams.events.resources import RESOURCES, Kind
from streams.simulator.bodies.kinds import BUCKETS, CURVES, MOMENTS
from streams.simulator.people.providers import MAIN, OTHERS

SERIES = sorted(
    {
        name
        for provider in (*MAIN, *OTHERS)
        for name in (*provider.core, *provider.some)
        if RESOURCES[name].kind is Kind.TIMESERIES
    }
)


@pytest.mark.parametrize("resource", SERIES)
def test_every_series_has_a_form(resource: str) -> None:
    """A series that somebody's provider has is a curve, a bucket or a moment: else the demo ends with a KeyError."""
    assert resource in CURVES or resource in BUCKETS or resource in MOMENTS
