"""The user's time zone, learned from summaries that name one. For providers that send the local clock as UTC.

It is joined into a record as it is known when the record is processed, like the connection. The newest day's zone
counts, so that order does not matter. It is stored with its day, so that a user's row is written once a day at most.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from streams.agents.steps.incoming import Incoming
from streams.events import DAY_US
from streams.payloads import LocalTime, local_time
from streams.tables import rows, state_key

TABLE = "summaries"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, str]).decode


def learn(incoming: Incoming, name: str | None) -> None:
    """Store the zone that this delivery's data name."""
    if not name or local_time.zone(name) is None:
        return
    key, latest = _key(incoming.event.user_id), (incoming.delivery.at_ms * 1000 // DAY_US, name)
    stored = incoming.draft.get(TABLE, key)
    if stored is None or latest > _decode(rows.unpack(rows.ZONE, stored)):
        incoming.draft.put(TABLE, key, rows.pack(rows.ZONE, _encode(latest)))


def known(incoming: Incoming) -> str:
    """The name of the user's zone, "" where none is known."""
    stored = incoming.draft.get(TABLE, _key(incoming.event.user_id))
    return incoming.policy.fallback_time_zone if stored is None else _decode(rows.unpack(rows.ZONE, stored))[1]


def place_of(incoming: Incoming, provider: str, fields: Mapping[str, Any], plain: LocalTime | None = None) -> LocalTime:
    """Where a summary lies in local time. `plain`: by its own words alone, if that is known."""
    if provider in local_time.FLOATING_PROVIDERS:
        return local_time.of_summary(fields, local_time.zone(known(incoming)), is_floating=True)
    return plain or local_time.of_summary(fields, None, is_floating=False)


def placed(place: LocalTime) -> dict[str, int | None]:
    """The fields of local time in a summary."""
    return {"local_date": place.day, "local_offset_s": place.offset_s}


def _key(user_id: str) -> bytes:
    return state_key(user_id, "", "zone")  # no resource is called ""
