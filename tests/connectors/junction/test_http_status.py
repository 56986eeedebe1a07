"""What statuses mean, and how long to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.junction import FailureReason, Refused, TryLater, http_status
from connectors.junction.http_status import ApiAnswer

NOW = datetime(2026, 6, 3, 10, tzinfo=UTC)
NOW_S = NOW.timestamp()


def judged(status: int, body: bytes = b"", **headers: str) -> TryLater | Refused | None:
    try:
        http_status.check(
            ApiAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body), NOW_S
        )
    except (TryLater, Refused) as error:
        return error
    return None


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """Busy, limited or broken: later."""
    assert isinstance(judged(status), TryLater)


@pytest.mark.parametrize("status", [301, 400, 402, 403, 405, 410, 422])
def test_what_stays_is_not(status: int) -> None:
    """A wrong request stays wrong; a redirect would take the key elsewhere."""
    assert isinstance(judged(status), Refused)


@pytest.mark.parametrize("status", [200, 204, 401, 404])
def test_the_rest_is_for_the_caller(status: int) -> None:
    """Answers, missing things and refused credentials are no errors yet."""
    assert judged(status) is None


def test_retry_after_is_seconds_or_a_date() -> None:
    """Rounded up to whole seconds, never negative, never beyond an hour."""
    date = format_datetime(NOW + timedelta(seconds=90), usegmt=True)
    for said, wait_s in [
        ("7", 7),
        ("0", 0),
        ("1.2", 2),
        (date, 90),
        (format_datetime(NOW, usegmt=True), 0),
        ("99999", 3600),
    ]:
        assert http_status.retry_after_s({"retry-after": said}, NOW_S) == wait_s


@given(st.text(max_size=30))
def test_any_other_retry_after_is_none(said: str) -> None:
    """Whatever stands in the header: a wait within bounds, or none."""
    wait_s = http_status.retry_after_s({"retry-after": said}, NOW_S)
    assert wait_s is None or 0 <= wait_s <= 3600


def test_a_date_is_when_it_was_answered() -> None:
    """Milliseconds of a whole second, in UTC where the header names no zone; None without one."""
    date = format_datetime(NOW, usegmt=True)
    for said in (date, date.replace("GMT", "-0000"), date.replace(" GMT", "")):
        assert http_status.date_ms({"date": said}) == int(NOW_S) * 1000
    assert http_status.date_ms({}) is None


@given(st.text(max_size=40))
def test_any_other_date_is_none(said: str) -> None:
    """Whatever stands in the header: a whole second, or none."""
    at_ms = http_status.date_ms({"date": said})
    assert at_ms is None or at_ms % 1000 == 0


def test_a_limit_is_told_with_its_wait() -> None:
    """The error says that Junction named the wait, which the caller then keeps."""
    error = judged(429, retry_after="7")
    assert isinstance(error, TryLater)
    assert (error.reason, error.asked_to_wait, error.retry_after_s) == (FailureReason.RATE_LIMITED, True, 7)
    silent = judged(503)
    assert isinstance(silent, TryLater)
    assert not silent.asked_to_wait


def test_a_refusal_names_places_and_no_values() -> None:
    """FastAPI says which parameter it did not like; its text may repeat the value and stays unsaid."""
    body = b'{"detail":[{"loc":["query","start_date"],"msg":"bad jane@example.org","type":"x"},{"loc":["a@b.c"]}]}'
    assert str(judged(422, body)) == "Junction's API: invalid, HTTP 422, query.start_date"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"detail":"text"}', b'{"detail":[1,{"loc":7}]}', b"\xff"])
def test_any_body_of_a_refusal_will_do(body: bytes) -> None:
    """What cannot be read says nothing more."""
    assert str(judged(422, body)) == "Junction's API: invalid, HTTP 422"
