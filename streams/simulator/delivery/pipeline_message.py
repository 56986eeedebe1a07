"""An event as a message of one of Junction's pipelines (domain file, section 8). Pure.

Every pipeline says when a message was published, and receivers take that as the time of the event: the older one of two
is the one that was published first. A world plays days within seconds, so its messages say the time *in the world*.
"""

import gzip
import hashlib
from functools import lru_cache
from typing import NamedTuple

from streams.events.doors import DoorName
from streams.simulator.delivery.schedule import Attempt
from streams.simulator.people.population import TEAM_ID
from streams.simulator.world.world import Event

PACKED_BYTES_MIN = 1024  # below, Junction does not compress
_PACKED_LEVEL = 1  # the odd body that grows would be above 200:1 at the next one, and refused at the door as a bomb


class PipelineMessage(NamedTuple):
    """`user_id`: whose event it is, "" for one of the team. `published_ms`: Unix milliseconds, of the world.

    `idempotency_key`: the same whenever the event is published again; another user's or type's may be equal.
    """

    event_type: str
    user_id: str
    team_id: str
    body: bytes
    is_packed: bool
    idempotency_key: str
    published_ms: int


def message_of(attempt: Attempt) -> PipelineMessage:
    """What is published at this attempt."""
    event = attempt.event
    body, is_packed = _packed(event.body), len(event.body) >= PACKED_BYTES_MIN
    return PipelineMessage(event.event_type, event.user_id, TEAM_ID, body, is_packed, key_of(event), attempt.due_ms)


def key_of(event: Event) -> str:
    """Unique for a user and an event type, and no more than that is promised: two events of one owner are never made
    within the same millisecond."""
    return f"{event.created_at_ms:x}"


def named(event: Event, door: str) -> Event:
    """The event under the id by which a receiver of that door knows it: for the truth."""
    if door == DoorName.WEBHOOK:
        return event
    if door == DoorName.RABBITMQ:  # Junction documents no id there: the content tells it
        digest = hashlib.sha256(event.event_type.encode() + bytes(1) + event.body).hexdigest()
        return event._replace(pipeline_id=f"sha256:{digest}")
    return event._replace(pipeline_id=f"{event.event_type}/{key_of(event)}")


@lru_cache(64)  # what is published again follows soon
def _packed(body: bytes) -> bytes:
    return body if len(body) < PACKED_BYTES_MIN else gzip.compress(body, _PACKED_LEVEL, mtime=0)
