"""Users (domain file, 4.6, 6.4). Pure. Birth dates are not read."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from connectors.junction import answer_json
from connectors.junction.answer_json import Json, objects, read_json, time_us
from connectors.junction.failures import FailureReason, Refused
from streams.events import ids
from streams.payloads import provider_slug


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


def read_user(body: bytes) -> JunctionUser:
    """Raises TryLater, Refused."""
    return _user(read_json(body, dict[str, Any]))


def read_users(body: bytes) -> UserPage:
    """Users without a usable id are skipped. Raises TryLater, Refused."""
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
