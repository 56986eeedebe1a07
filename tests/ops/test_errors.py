"""The error tree: every error says what to do, and carries no more than places and constant names."""

import inspect

import pytest

from streams.ops import errors
from streams.ops.errors import Misconfigured, Reason, Rejected, SignatureError, StreamsError, Unavailable

TREE = {cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, StreamsError)}


def test_the_docstring_draws_every_error() -> None:
    """Someone who reads the drawing has seen the whole tree."""
    assert errors.__doc__ is not None
    assert all(cls.__name__ in errors.__doc__ for cls in TREE)


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_a_constant_fit_for_a_metric_label(reason: Reason) -> None:
    """Reasons become header values and label values: lower case, no spaces, named as they are written."""
    assert reason.value == reason.name.lower()


def test_rejected_keeps_reason_and_place() -> None:
    """A dead letter is written from `reason` and `detail`; the text for logs is made of the same two."""
    error = Rejected(Reason.BAD_TIME, "$.data.timestamp")
    assert (error.reason, error.detail, str(error)) == (
        Reason.BAD_TIME,
        "$.data.timestamp",
        "bad_time: $.data.timestamp",
    )
    assert str(Rejected(Reason.NO_KEY)) == "no_key"


def test_what_to_do_is_told_by_the_class() -> None:
    """Retry, give up, ask a person: no error is two of them."""
    assert {cls.__bases__[0] for cls in (Rejected, SignatureError, Unavailable, Misconfigured)} == {StreamsError}
    assert Unavailable("Kafka does not answer").retry_after_s > 0
