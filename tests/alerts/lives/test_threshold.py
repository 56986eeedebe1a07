"""What a person sets is what counts, or a sentence says that it does not."""

import pytest

from streams.alerts.lives.threshold import Threshold, validated
from streams.ops.errors import Misconfigured

USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"


@pytest.mark.parametrize(
    "own",
    [
        Threshold(USER, "glucose-low", float("nan")),
        Threshold(USER, "glucose-low", float("inf")),
        Threshold(USER, "glucose-low", 3.5, float("-inf")),
        Threshold("", "glucose-low", 3.5),
        Threshold(USER, "a:b", 3.5),
        Threshold(USER, "x" * 300, 3.5),
    ],
)
def test_a_threshold_that_no_worker_takes_is_refused(own: Threshold) -> None:
    """NaN is null in JSON: it would take back the bound that the user has, without a word."""
    with pytest.raises(Misconfigured):
        validated(own)


def test_a_threshold_is_taken_as_it_is_given() -> None:
    """Under the one spelling of the id."""
    assert validated(Threshold(USER.upper(), "glucose-low", 3.5, 4.0)) == Threshold(USER, "glucose-low", 3.5, 4.0)
