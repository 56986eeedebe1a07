"""A request to fetch: one record of `junction.fetch_jobs`. Workers, people and reconciliation write, fetchers read.

JSON and not Avro: it is a queue between our own processes, so the fetcher needs no registry. Unknown fields are
ignored and missing ones have defaults, so that processes of two versions can run side by side: so a new field may only
say what does no harm when it is ignored. What must be understood is a new word of `why`, which a fetcher that does not
know it makes a dead letter of.
"""

from enum import IntEnum, StrEnum
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from streams.events import DAY_MS, ids, key_parts
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Reason, Rejected
from streams.tables.history import windows

WAIT_MS_MAX = DAY_MS  # real requests wait a quarter of an hour at most
RANGELESS = frozenset({"profile"})

# Bounds for records that anybody may have written: JSON has integers that no row can hold.
Id = Annotated[str, Meta(max_length=ID_CHARS_MAX)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
TimeUs = Annotated[int, Meta(ge=-62_135_596_800_000_000, le=windows.LAST_US)]  # from the year 1 on
TimeMs = Annotated[int, Meta(ge=0, le=windows.LAST_US // 1000)]


class Why(StrEnum):
    """What led to the request."""

    NOTICE = "notice"  # Junction has pulled a range (domain file, 5.1)
    RECONNECT = "reconnect"  # a connection came back after an error
    OUTAGE = "outage"  # our gateway was away for longer than Junction retries
    STREAM = "stream"  # of a new workout; the streams of a history have the reason of that history
    PERSON = "person"  # `junction-streams fetch`
    RECONCILE = "reconcile"  # Junction has what we have not


class Priority(IntEnum):
    """Which job goes first. It shifts a place in the queue by some time, so no job starves."""

    FRESH = 0  # a user has just connected and looks at an empty screen
    NORMAL = 1
    LATE = 2  # nobody waits for it


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """`[start_us, end_us]`: µs since 1970, UTC; both 0 where a resource has no range (profile, one workout's stream).

    `id`: the backfill that the fetched events belong to. `not_before_ms`: do not ask earlier.
    """

    id: Id
    user_id: Id
    provider: Id
    resource: Id
    start_us: Int64 = 0
    end_us: Int64 = 0
    why: Why = Why.NOTICE
    priority: Priority = Priority.NORMAL
    client_user_id: Id = ""
    team_id: Id = ""
    workout_id: Id = ""
    not_before_ms: Int64 = 0

    @property
    def key(self) -> tuple[str, ...]:
        """Who and what: requests of one key are one job. The stream of each workout is a job of its own."""
        key = (self.user_id, self.provider, self.resource)
        return (*key, self.workout_id) if self.workout_id else key


def new_id(*parts: object) -> str:
    """A backfill id that always names the same cause: `bf_` and 32 hex digits."""
    return "bf_" + blake2b(key_parts.join("\0", map(str, parts)).encode(), digest_size=16).hexdigest()


def encode(request: Request) -> bytes:
    return msgspec.json.encode(request)


_IDS = ("user_id", "team_id", "workout_id")
_decode = msgspec.json.Decoder(Request).decode


def decode(value: bytes) -> Request:
    """Raises Rejected(BAD_SHAPE) for anything that is no request."""
    try:
        request = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Rejected(Reason.BAD_SHAPE, "fetch request") from None
    if not (request.id and request.user_id and request.provider and request.resource):
        raise Rejected(Reason.BAD_SHAPE, "fetch request: id, user, provider or resource is empty")
    return replace(request, **{name: ids.canonical(getattr(request, name)) for name in _IDS})


def bounded(request: Request, now_ms: int) -> Request:
    """The request with the part of its range that can hold data, and no wait beyond WAIT_MS_MAX.

    Raises Rejected(BAD_SHAPE) where nothing of the range is left, and there has to be one.
    """
    wait_until_ms = min(request.not_before_ms, now_ms + WAIT_MS_MAX)
    if request.resource in RANGELESS or request.workout_id:
        return replace(request, start_us=0, end_us=0, not_before_ms=wait_until_ms)
    span = windows.reachable((request.start_us, request.end_us), now_ms * 1000)
    if span is None:
        raise Rejected(Reason.BAD_SHAPE, "fetch request: no range, or one before 2000 or ahead of now")
    return replace(request, start_us=span[0], end_us=span[1], not_before_ms=wait_until_ms)
