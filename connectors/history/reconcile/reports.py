"""Junction's introspection (domain file, 5.4) as values. Its words are open, its fields nullable. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from streams.events import ids, normalise
from streams.payloads import Unfit, values

Key = tuple[str, str, str]  # user, provider, resource

# Values of `status` for a pull that is not finished.
UNDER_WAY = frozenset({"scheduled", "in_progress", "retrying"})


class ResourceReport(NamedTuple):
    """One resource of a user. Times in µs since 1970, UTC. `pull`: the status of the historical pull, "" for none.

    `sent`: objects sent in `created` events, the only figure on how much was sent.
    """

    pull: str = ""
    pull_error: str = ""
    start_us: int | None = None
    end_us: int | None = None
    days: int = 0
    oldest_us: int | None = None
    newest_us: int | None = None
    sent: int | None = None
    attempt_us: int | None = None
    attempt: str = ""


def read(pulls: list[Any], resources: list[Any]) -> dict[Key, ResourceReport]:
    """Reports from the `data` lists of both endpoints, all pages together. Entries of another shape are left out."""
    found: dict[Key, ResourceReport] = {}
    for user_id, provider, body in _by_provider(pulls):
        for resource, pull in _items(body.get("pulled")):
            key = (user_id, provider, normalise(resource))
            found[key] = _with_pull(found.get(key, ResourceReport()), pull)
        for resource in body.get("not_pulled") or []:
            if type(resource) is str:
                found.setdefault((user_id, provider, normalise(resource)), ResourceReport(pull="not_pulled"))
    for user_id, provider, body in _by_provider(resources):
        for resource, state in _items(body):
            key = (user_id, provider, normalise(resource))
            found[key] = _with_state(found.get(key, ResourceReport()), state)
    return found


def _by_provider(rows: list[Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for row in rows:
        if type(row) is dict and type(row.get("user_id")) is str:
            for provider, body in _items(row.get("provider")):
                yield ids.canonical(row["user_id"]), provider, body


def _items(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, body in value.items() if type(value) is dict else ():
        if type(body) is dict:
            yield name, body


def _with_pull(known: ResourceReport, pull: Mapping[str, Any]) -> ResourceReport:
    return known._replace(
        pull=_word(pull.get("status")),
        pull_error=_word(pull.get("error_details")),
        start_us=_time(pull.get("range_start")),
        end_us=_time(pull.get("range_end")),
        days=_count(pull.get("days_with_data")) or 0,
    )


def _with_state(known: ResourceReport, state: Mapping[str, Any]) -> ResourceReport:
    attempt = state.get("last_attempt")
    at: Mapping[str, Any] = attempt if type(attempt) is dict else {}
    return known._replace(
        oldest_us=_time(state.get("oldest_data")),
        newest_us=_time(state.get("newest_data")),
        sent=_count(state.get("sent_count")),
        attempt_us=_time(at.get("timestamp")),
        attempt=_word(at.get("status")),
    )


def _word(value: Any) -> str:
    return value[:64] if type(value) is str else ""


def _count(value: Any) -> int | None:
    try:
        return max(0, values.integer(value))
    except Unfit:
        return None


def _time(value: Any) -> int | None:
    try:
        return values.time_us(value)
    except Unfit:
        return None
