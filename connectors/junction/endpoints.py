"""Paths and parameters of Junction's API, as values (domain file, 5.4, 6.2, 6.3, 6.4). Pure.

Times are microseconds since 1970, UTC. Where an endpoint takes dates only, a span is cut to its days, the last one
included; elsewhere it is written to the second, rounded outwards. Which field Junction filters, and whether the end
belongs to the span, is not documented: widen a span by a day where nothing may be missed.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from connectors.junction.failures import FailureReason, Refused
from streams.events import DAY_US, EPOCH, SECOND_US, Kind, day_text, resources
from streams.ops import addresses
from streams.tables.history import Span

USERS_MAX = 500  # of a page of users (6.4)
_DATES_ONLY = frozenset({"sleep_cycle", "menstrual_cycle", "electrocardiogram"})  # third row of 6.2


class ApiCall(NamedTuple):
    """A GET, or with a `body` a POST. `endpoint`: its name in metrics and errors, one of a few."""

    endpoint: str
    path: str
    params: Mapping[str, str] = {}
    body: Mapping[str, str] | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


CURSOR = "next_cursor"  # the parameter; `cursor` is its deprecated twin (domain file, 6.3)


def has_endpoint(resource: str) -> bool:
    """Whether `page` can ask for it. Not so: a workout's stream (asked for by workout), and what we do not know."""
    row = resources.get(resource)
    return row is not None and not row.legacy and row.name != "workout_stream"


def page(resource: str, user_id: str, span: Span | None, provider: str = "", cursor: str = "") -> ApiCall:
    """Data of a resource by its event name. Raises Refused(NO_ENDPOINT), Refused(BAD_REQUEST) without a span."""
    row = resources.get(resource)
    if row is None or not has_endpoint(resource):
        raise Refused(FailureReason.NO_ENDPOINT, "of this resource")
    params = _present(provider=provider, **{CURSOR: cursor}) | dates(row.name, span)
    if row.kind is Kind.TIMESERIES:
        return ApiCall("timeseries", f"/v2/timeseries/{segment(user_id)}/{row.api_name}/grouped", params)
    return ApiCall("summary", f"/v2/summary/{row.api_name}/{segment(user_id)}", params)


def dates(resource: str, span: Span | None) -> dict[str, str]:
    """`start_date` and `end_date` in the form that the resource's endpoint takes; none for profile."""
    if resource == "profile":
        return {}
    if span is None:
        raise Refused(FailureReason.BAD_REQUEST, "no span")
    start_us, end_us = span
    write, end_us = (_date, end_us) if resource in _DATES_ONLY else (_time, end_us + SECOND_US - 1)
    try:
        return {"start_date": write(start_us), "end_date": write(end_us)}
    except OverflowError:
        raise Refused(FailureReason.BAD_REQUEST, "a span outside of the years 1 to 9999") from None


def _date(us: int) -> str:
    return day_text(us // DAY_US)


def _time(us: int) -> str:
    """`2026-06-03T06:15:00+00:00`; unlike `times.text`, raises OverflowError."""
    return (EPOCH + timedelta(seconds=us // SECOND_US)).isoformat()


def workout_stream(workout_id: str) -> ApiCall:
    return ApiCall("workout_stream", f"/v2/timeseries/workouts/{segment(workout_id)}/stream")


def user(user_id: str) -> ApiCall:
    return ApiCall("user", f"/v2/user/{segment(user_id)}")


def resolve(client_user_id: str) -> ApiCall:
    return ApiCall("user", f"/v2/user/resolve/{segment(client_user_id)}")


def users(offset: int, limit: int) -> ApiCall:
    return ApiCall("users", "/v2/user", {"offset": str(offset), "limit": str(limit)})


def user_providers(user_id: str) -> ApiCall:
    return ApiCall("user_providers", f"/v2/user/providers/{segment(user_id)}")


def devices(user_id: str) -> ApiCall:
    return ApiCall("devices", f"/v2/user/{segment(user_id)}/device")


def providers() -> ApiCall:
    return ApiCall("providers", "/v2/providers")


def historical_pulls(user_id: str, provider: str, cursor: str, users_max: int) -> ApiCall:
    return ApiCall(
        "historical_pulls", "/v2/introspect/historical_pull", _of_users(user_id, provider, cursor, users_max)
    )


def ingestions(user_id: str, provider: str, cursor: str, users_max: int) -> ApiCall:
    return ApiCall("resources", "/v2/introspect/resources", _of_users(user_id, provider, cursor, users_max))


def _of_users(user_id: str, provider: str, cursor: str, users_max: int) -> dict[str, str]:
    return _present(user_id=user_id, provider=provider, **{CURSOR: cursor}, user_limit=str(users_max))


def _present(**params: str) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}


def segment(id: str) -> str:
    """An id as one part of a path, whatever is in it. Raises Refused for one that would lead elsewhere."""
    try:
        return addresses.segment(id)
    except ValueError:
        raise Refused(FailureReason.NO_ENDPOINT, "not an id") from None
