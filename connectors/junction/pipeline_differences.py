"""What differs between the pipeline that is wanted and the one that Junction has. Pure; no text has a secret."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import SecretStr

from connectors.junction.etl_pipelines import Json
from connectors.junction.pipeline_secrets import MASK, masked

_DEFAULTS: Mapping[str, Any] = {"compression": "auto"}  # else false, an empty list, or nothing
_OF_MANY = frozenset({"team_ids"})  # of the request, not of a team's pipeline
_UNORDERED = frozenset({"enabled", "event_type_prefixes"})


class FieldDifference(NamedTuple):
    """`path`: `rabbitmq.exchange`. `is_hidden`: Junction does not show it, so nobody can say."""

    path: str
    wanted: str
    there: str
    is_hidden: bool = False

    def __str__(self) -> str:
        if self.is_hidden:
            return f"{self.path}: Junction does not show it, so whether it is {self.wanted} cannot be seen"
        if self.wanted == self.there:
            return f"{self.path}: {self.wanted}, with another secret"
        return f"{self.path}: {self.wanted} is wanted, {self.there} is there"


def differences(wanted: Json, there: Json | None) -> list[FieldDifference]:
    """Only of fields that are wanted: Junction may add some. `there`: a team's pipeline; None where it has none."""
    if there is None:
        return [FieldDifference("pipeline", "one", "none")]
    return list(_of_object({name: value for name, value in wanted.items() if name not in _OF_MANY}, there, ""))


def _of_object(wanted: Json, there: Json, path: str) -> Iterator[FieldDifference]:
    for name, value in wanted.items():
        found = there.get(name)
        yield from _of(value, _DEFAULTS.get(name) if found is None else found, f"{path}{name}", name in _UNORDERED)


def _of(wanted: Any, there: Any, path: str, is_unordered: bool = False) -> Iterator[FieldDifference]:
    if isinstance(wanted, SecretStr):
        yield from _of_secret(wanted, there, path)
    elif isinstance(wanted, dict) and isinstance(there, dict):
        yield from _of_object(wanted, there, f"{path}.")
    elif _has_objects(wanted) and isinstance(there, list) and len(there) == len(wanted):
        for place, one in enumerate(wanted):
            yield from _of(one, there[place], f"{path}[{place}]")
    elif (_sorted(wanted) != _sorted(there)) if is_unordered else (wanted != there and bool(wanted or there)):
        words = _words if isinstance(wanted, str | bool) or is_unordered else _shape
        yield FieldDifference(path, words(wanted), words(there))


def _of_secret(wanted: SecretStr, there: Any, path: str) -> Iterator[FieldDifference]:
    """Whether Junction shows what it was given is not documented: stars, or nothing, say that it does not."""
    if there == wanted.get_secret_value():
        return
    is_hidden = not isinstance(there, str) or not there or MASK in there
    yield FieldDifference(path, masked(wanted), "" if is_hidden else masked(SecretStr(there)), is_hidden)


def _has_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _sorted(value: Any) -> list[str]:
    return sorted(map(str, value)) if isinstance(value, list) else []


def _shape(value: Any) -> str:
    """Of what may hold a secret, no more than what it is."""
    if not value:
        return "nothing"
    return (
        f"a list of {len(value)}" if isinstance(value, list) else "an object" if isinstance(value, dict) else "a text"
    )


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
