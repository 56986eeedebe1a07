"""Raw records for the benchmarks of the path: events of one shape, with duplicates, as the gateway stores them."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from streams.events import topics
from streams.events.headers import H_SVIX_ID, H_SVIX_SIGNATURE, H_SVIX_TIMESTAMP, Delivery, cloud_headers
from streams.events.identity import identify
from streams.events.message_ids import new_message_id
from streams.events.partitions import partition_for
from streams.events.record_keys import raw_key
from streams.events.types import Family
from streams.simulator.world.world import World

PARTITIONS = 4
TEAM = "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310"
RECENT = 200  # a duplicate repeats one of so many events before it
STEP_S = 15  # between heart rates, as a Garmin watch sends them
RARE_S = 300  # between those that come one by one, as a glucose sensor sends them
_SIGNATURE = (
    (H_SVIX_ID, "msg_2yrUlCpRDNpetRYyyYH3mpMxXBf"),
    (H_SVIX_TIMESTAMP, "1750592334"),
    (H_SVIX_SIGNATURE, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
)


class Raw(NamedTuple):
    """One record of a raw topic, under the names of a consumer's record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True)
class Load:
    """`entities`: samples or summaries an event. `bodies`: (delivery time in ms, JSON) of each event, without end."""

    name: str
    entities: int
    bodies: Callable[[int], Iterator[tuple[int, bytes]]]


def loads() -> dict[str, Load]:
    """Name → load: series by the number of samples, intervals, and summaries of every kind."""
    made = [
        Load("samples_1", 1, lambda users: _series(users, "glucose", "mmol/L", 1, RARE_S)),
        Load("samples_100", 100, lambda users: _series(users, "heartrate", "bpm", 100, STEP_S)),
        Load("samples_5000", 5000, lambda users: _series(users, "heartrate", "bpm", 5000, STEP_S)),
        Load("intervals_100", 100, lambda users: _series(users, "steps", "count", 100, STEP_S, is_interval=True)),
        Load("summaries", 1, _summaries),
    ]
    return {load.name: load for load in made}


def records(load: Load, events: int, *, users: int, duplicates: float, prefix: str) -> Iterator[Raw]:
    """So many deliveries, a share of them repeated under the same id."""
    chance, recent = random.Random(1), list[Raw]()
    offsets = [0] * PARTITIONS
    bodies = load.bodies(users)
    for _ in range(events):
        if recent and chance.random() < duplicates:
            record = chance.choice(recent)
        else:
            record = _stored(*next(bodies), prefix)
            recent = [*recent[-RECENT + 1 :], record]
        yield record._replace(offset=offsets[record.partition])
        offsets[record.partition] += 1


def _stored(at_ms: int, body: bytes, prefix: str) -> Raw:
    """As the gateway writes it."""
    identity = identify(body)
    id = new_message_id(at_ms, uuid5(NAMESPACE_URL, f"{at_ms} {len(body)}").bytes[:15])
    stamp = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")
    delivery = Delivery(id, "webhook", "bench", stamp, stamp, signature=_SIGNATURE)
    return Raw(
        f"{prefix}.{topics.raw_topic(identity.type)}",
        partition_for(identity.owner_id, PARTITIONS),
        0,
        at_ms,
        raw_key(identity),
        body,
        cloud_headers(identity, delivery),
    )


def _series(
    users: int, resource: str, unit: str, n: int, step_s: int, *, is_interval: bool = False
) -> Iterator[tuple[int, bytes]]:
    """Each user's samples go on where the event before ended."""
    start = datetime(2026, 6, 3, tzinfo=UTC)
    ids = [str(uuid5(NAMESPACE_URL, f"bench/{user}")) for user in range(users)]
    chance, sent, step = random.Random(2), [0] * users, timedelta(seconds=step_s)
    while True:
        user = chance.randrange(users)
        first = sent[user]
        sent[user] += n
        places = range(first, first + n)
        rows = [_sample(start + step * i, unit, 58.0 + i * 7 % 30, step if is_interval else None) for i in places]
        at = start + step * (first + n) + timedelta(milliseconds=user)
        yield int(at.timestamp() * 1000), _body(f"daily.data.{resource}.created", ids[user], rows)


def _sample(at: datetime, unit: str, value: float, length: timedelta | None) -> dict[str, Any]:
    stamp = at.isoformat()
    row = {"id": None, "timezone_offset": 7200, "type": None, "unit": unit, "timestamp": stamp}
    span = {} if length is None else {"start": stamp, "end": (at + length).isoformat()}
    return {**row, **span, "value": value}


def _body(event_type: str, user_id: str, rows: list[dict[str, Any]]) -> bytes:
    source = dict.fromkeys(("app_id", "device_id", "sport", "workout_id"))
    data = {"source": {"provider": "garmin", "type": "watch", **source}, "data": rows}
    envelope = {"event_type": event_type, "user_id": user_id, "client_user_id": "patient-412", "team_id": TEAM}
    return json.dumps({**envelope, "data": data}, separators=(",", ":")).encode()


def _summaries(users: int) -> Iterator[tuple[int, bytes]]:
    """The summaries of simulated users, each version of each; more days of them as they are asked for."""
    end_ms = int(time.time() * 1000)
    seed = 0
    while True:
        seed += 1
        world = World(seed, max(users // 10, 1), 7, end_ms, families=frozenset({Family.SUMMARY}))
        for event in world.events():
            yield event.created_at_ms, event.body


def giant(number: int, prefix: str, size: int = 16 * 1024 * 1024 - 4096) -> tuple[int, Raw]:
    """(samples, record) of an event as large as the gateway takes, another user's each time."""
    start, rows, left, step = datetime(2026, 1, 1, tzinfo=UTC), list[dict[str, Any]](), size, timedelta(seconds=STEP_S)
    while left > 0:
        rows.append(_sample(start + step * len(rows), "bpm", 58.0 + len(rows) * 7 % 30, None))
        left -= len(json.dumps(rows[-1], separators=(",", ":"))) + 1
    user_id = str(uuid5(NAMESPACE_URL, f"giant/{number}"))
    return len(rows), _stored(
        int(start.timestamp() * 1000), _body("daily.data.heartrate.created", user_id, rows), prefix
    )
