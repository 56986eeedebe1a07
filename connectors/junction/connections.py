"""Connections and devices of a user, and the providers that Junction knows (domain file, 4.3, 4.7, 6.4). Pure.

The user's name at a provider is not read: it may be an e-mail address.
"""

from typing import Any, NamedTuple

from connectors.junction import answer_json
from connectors.junction.answer_json import Json, members, objects, read_json, time_us
from streams.events import resources


class UserConnection(NamedTuple):
    """A user's connection. `status`: connected, error, or an unknown word (none is documented for paused)."""

    provider: str
    status: str
    created_us: int | None = None
    error_type: str = ""
    errored_us: int | None = None
    available: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()


class ProviderInfo(NamedTuple):
    """`resources`: event names of what it can deliver."""

    slug: str
    name: str = ""
    auth_type: str = ""
    resources: tuple[str, ...] = ()


class Device(NamedTuple):
    """`id`: what `source.device_id` of data refers to."""

    id: str
    provider: str
    source_type: str = ""
    model: str = ""


def read_connections(body: bytes) -> tuple[UserConnection, ...]:
    """Connections of `.providers`; other names of the answer are none (4.3). Raises TryLater, Refused."""
    answer = read_json(body, dict[str, Any])
    return tuple(_connection(row) for row in objects(answer.get("providers")) if answer_json.text(row.get("slug")))


def _connection(row: Json) -> UserConnection:
    given = row.get("error_details")
    error = given if type(given) is dict else {}
    statuses = {
        resources.normalise(name): answer_json.text(state.get("status")) if type(state) is dict else ""
        for name, state in members(row.get("resource_availability"))
    }
    return UserConnection(
        answer_json.text(row.get("slug")),
        answer_json.text(row.get("status")),
        time_us(row.get("created_on")),
        answer_json.text(error.get("error_type")),
        time_us(error.get("errored_at")),
        tuple(name for name, status in statuses.items() if status == "available"),
        tuple(name for name, status in statuses.items() if status == "unavailable"),
    )


def read_providers(body: bytes) -> tuple[ProviderInfo, ...]:
    """Raises TryLater, Refused."""
    rows = objects(read_json(body, list[Any]))
    return tuple(_provider(row) for row in rows if answer_json.text(row.get("slug")))


def _provider(row: Json) -> ProviderInfo:
    supported = map(resources.normalise, answer_json.texts(row.get("supported_resources")))
    slug, name, auth = (answer_json.text(row.get(part)) for part in ("slug", "name", "auth_type"))
    return ProviderInfo(slug, name, auth, tuple(supported))


def read_devices(body: bytes) -> tuple[Device, ...]:
    """Raises TryLater, Refused."""
    rows = objects(read_json(body, list[Any]))
    return tuple(_device(row) for row in rows if answer_json.text(row.get("id")))


def _device(row: Json) -> Device:
    return Device(*(answer_json.text(row.get(part)) for part in ("id", "provider", "source_type", "device_model")))
