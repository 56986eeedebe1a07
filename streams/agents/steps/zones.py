"""The user's time zone, learned from summaries that name one; for the providers that send the local clock as UTC.

Joined into a record as it is known when the record is processed, like the connection. The newest day's zone counts, so
that order does not matter; kept by the day, so that a user is written once a day at most.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from streams.events.times import DAY_US
from streams.payloads import local_time
from streams.payloads.local_time import LocalTime
from streams.tables import rows
from streams.tables.draft import Draft
from streams.tables.keys import state_key
from streams.tables.sources import Policy

TABLE = "summaries"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, str]).decode


def learn(draft: Draft, user_id: str, name: str | None, at_ms: int) -> None:
    """A summary delivered then says that the user is in this zone."""
    if not name or local_time.zone(name) is None:
        return
    key, said = _key(user_id), (at_ms * 1000 // DAY_US, name)
    stored = draft.get(TABLE, key)
    if stored is None or said > _decode(rows.unpack(rows.ZONE, stored)):
        draft.put(TABLE, key, rows.pack(rows.ZONE, _encode(said)))


def known(draft: Draft, user_id: str, policy: Policy) -> str:
    """The name of the user's zone, "" where none is known."""
    stored = draft.get(TABLE, _key(user_id))
    return policy.fallback_time_zone if stored is None else _decode(rows.unpack(rows.ZONE, stored))[1]


def place_of(draft: Draft, policy: Policy, user_id: str, provider: str, fields: Mapping[str, Any]) -> LocalTime:
    """Where a summary lies in local time."""
    is_floating = provider in local_time.FLOATING_PROVIDERS
    return local_time.of_summary(
        fields, local_time.zone(known(draft, user_id, policy)) if is_floating else None, is_floating=is_floating
    )


def _key(user_id: str) -> bytes:
    return state_key(user_id, "", "zone")  # no resource is called ""
