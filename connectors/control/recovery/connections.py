"""Connections whose state Junction has and our workers have not: stored as the events that were missed.

Junction has no event for one that was ended by its API (domain file, 4.5), so such a one is counted, and stays.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contract.intake import stored_record
from connectors.junction import Client, Refused, open_client
from connectors.junction.connections import UserConnection
from connectors.junction.users import JunctionUser
from streams.events import Delivery, DoorName, rfc3339
from streams.kafka.publisher import KafkaPublisher, Publisher
from streams.ops.settings import Settings
from streams.status.client import UnexpectedAnswer, Views, open_views
from streams.tables.connections import CONNECTED, ERROR

Json = dict[str, Any]
_FLUSH_S = 10.0


@dataclass(slots=True)
class ConnectionsFound:
    """`stored`: events. `ended`: connections that we have and Junction has not. `odd`: users of an odd answer."""

    users: int = 0
    stored: int = 0
    ended: int = 0
    odd: int = 0

    def __str__(self) -> str:
        left = f"; {self.ended:,} that Junction has no more stay, since no event says so" if self.ended else ""
        odd = f"; {self.odd:,} users could not be compared" if self.odd else ""
        return f"{self.stored:,} events stored, of {self.users:,} users{left}{odd}"


def missed(user: JunctionUser, theirs: tuple[UserConnection, ...], ours: Mapping[str, str]) -> Iterator[Json]:
    """Bodies of the events that would tell what Junction has. `ours`: status by provider. Pure."""
    for link in theirs:
        if link.status == CONNECTED and ours.get(link.provider) != CONNECTED:
            yield _event(user, "provider.connection.created", _created(user, link))
        elif link.status == ERROR and ours.get(link.provider) != ERROR:
            yield _event(user, "provider.connection.error", _failed(user, link))


def ended(theirs: tuple[UserConnection, ...], ours: Mapping[str, str]) -> int:
    """How many are connected here and unknown to Junction. Pure."""
    return sum(status == CONNECTED for provider, status in ours.items() if provider not in {t.provider for t in theirs})


def _event(user: JunctionUser, event_type: str, data: Json) -> Json:
    named = {"client_user_id": user.client_user_id, "team_id": user.team_id}
    present = {name: value for name, value in named.items() if value}
    return {"event_type": event_type, "user_id": user.user_id, **present, "data": data}


def _created(user: JunctionUser, link: UserConnection) -> Json:
    availability = {
        **{name: {"status": "available"} for name in link.available},
        **{name: {"status": "unavailable"} for name in link.unavailable},
    }
    provider = {"name": link.provider, "slug": link.provider, "logo": ""}
    return {"user_id": user.user_id, "provider": provider, "resource_availability": availability}


def _failed(user: JunctionUser, link: UserConnection) -> Json:
    return {
        "user_id": user.user_id,
        "provider": link.provider,
        "message": "",
        "error_type": link.error_type or "unknown",
    }


async def recovered(settings: Settings) -> ConnectionsFound:
    """`bring` with clients of its own. Raises as it does, and Misconfigured where no worker is named."""
    publisher = KafkaPublisher(settings)
    try:
        async with open_views(settings) as views, open_client(settings) as client:
            return await bring(settings, client, views, publisher)
    finally:
        await publisher.close(_FLUSH_S)


async def bring(settings: Settings, client: Client, views: Views, publisher: Publisher) -> ConnectionsFound:
    """For every user that Junction lists. Raises TryLater, NotAuthorized, Misconfigured, Unavailable."""
    found, offset = ConnectionsFound(), 0
    while True:
        page = await client.users(offset)
        for one in await asyncio.gather(*(_one(settings, client, views, publisher, user) for user in page.users)):
            found.users += 1
            found.stored += one.stored
            found.ended += one.ended
            found.odd += one.odd
        offset += len(page.users)
        if not page.users or offset >= page.total:
            return found


async def _one(
    settings: Settings, client: Client, views: Views, publisher: Publisher, user: JunctionUser
) -> ConnectionsFound:
    # Junction is asked before our worker: what is delivered in between is then ours too, and never looks missed.
    asked_ms = int(time.time() * 1000)
    try:
        theirs = await client.user_providers(user.user_id)
        ours = _statuses(await views.of(user.user_id))
    except (Refused, UnexpectedAnswer, ValueError):
        return ConnectionsFound(1, odd=1)  # it is the matter of this user alone
    bodies = list(missed(user, theirs, ours))
    for body in bodies:
        await _store(settings, publisher, body, asked_ms)
    return ConnectionsFound(1, len(bodies), ended(theirs, ours))


def _statuses(view: Json) -> dict[str, str]:
    try:
        return {link["provider"]: link["status"] for link in view["connections"]}
    except (LookupError, TypeError):
        raise UnexpectedAnswer("the worker's answer cannot be read: is it of another version?") from None


async def _store(settings: Settings, publisher: Publisher, event: Json, asked_ms: int) -> None:
    """As an event that Junction delivered when it was asked: what it delivered since then is newer."""
    provider = event["data"]["provider"]
    slug = provider if isinstance(provider, str) else provider["slug"]
    body = json.dumps(event, separators=(",", ":")).encode()
    at, now = rfc3339(asked_ms), rfc3339(int(time.time() * 1000))
    delivery = Delivery(f"providers.{event['user_id']}.{slug}.{asked_ms}", DoorName.API, slug, at, now)
    record = stored_record(body, delivery, settings)
    await publisher.publish(record.topic, record.key, body, record.headers, record.partition)
