"""Users, their connections and devices, and the providers there are (domain file, 4.3, 4.6, 4.7, 6.4). Pure.

Read is what we use. Birth dates and the user's name at a provider (which may be an e-mail address) are left where they
are.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from connectors.junction import answer_json
from connectors.junction.answer_json import Json, members, objects, read_json, time_us
from connectors.junction.failures import FailureReason, Refused
from streams.events import ids, resources
from streams.payloads.source import provider_slug


class JunctionUser(NamedTuple):
    """`providers`: connected ones. `ingestion_start`, `ingestion_end`: dates as Junction writes them, "" for none."""

    user_id: str
    client_user_id: str = ""
    team_id: str = ""
    created_us: int | None = None
    providers: tuple[str, ...] = ()
    time_zone: str = ""
    ingestion_start: str = ""
    ingestion_end: str = ""


@dataclass(frozen=True, slots=True)
class UserPage:
    """A page of users; `total` of all of them."""

    users: tuple[JunctionUser, ...] = ()
    total: int = 0


class UserConnection(NamedTuple):
    """A user's connection. `status`: connected, error, or a word that we do not know (paused has no documented one)."""

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


def read_user(body: bytes) -> JunctionUser:
    """Raises TryLater, Refused."""
    return _user(read_json(body, dict[str, Any]))


def read_users(body: bytes) -> UserPage:
    """A user without a usable id is passed over. Raises TryLater, Refused."""
    answer = read_json(body, dict[str, Any])
    rows = [row for row in objects(answer.get("users")) if answer_json.text(row.get("user_id"))]
    return UserPage(tuple(map(_user, rows)), answer_json.whole(answer.get("total")) or 0)


def _user(row: Json) -> JunctionUser:
    user_id, zone = ids.canonical(answer_json.text(row.get("user_id"))), row.get("fallback_time_zone")
    if not user_id:
        raise Refused(FailureReason.BAD_SHAPE, "$.user_id: missing")
    sources = objects(row.get("connected_sources"))
    found = (provider_slug(one.get("provider")) or provider_slug(one.get("source")) for one in sources)
    return JunctionUser(
        user_id,
        answer_json.text(row.get("client_user_id")),
        ids.canonical(answer_json.text(row.get("team_id"))),
        time_us(row.get("created_on")),
        tuple(filter(None, found)),
        answer_json.text(zone.get("id")) if type(zone) is dict else "",
        answer_json.text(row.get("ingestion_start")),
        answer_json.text(row.get("ingestion_end")),
    )


def read_links(body: bytes) -> tuple[UserConnection, ...]:
    """Connections of `.providers`; other names of the answer are none (4.3). Raises TryLater, Refused."""
    answer = read_json(body, dict[str, Any])
    return tuple(_link(row) for row in objects(answer.get("providers")) if answer_json.text(row.get("slug")))


def _link(row: Json) -> UserConnection:
    given = row.get("error_details")
    error = given if type(given) is dict else {}
    statuses = {
        resources.normalise(name): answer_json.text(said.get("status")) if type(said) is dict else ""
        for name, said in members(row.get("resource_availability"))
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
