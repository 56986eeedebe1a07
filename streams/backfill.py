"""Notices that Junction has pulled a resource's history, as a value that merges in any order (domain file, 5.1)."""

from typing import NamedTuple

import msgspec

from streams import values
from streams.body import provider_slug
from streams.errors import Reason, Rejected
from streams.values import Unfit

NOTICES_MAX = 64  # a reconnect brings one more; beyond this many we say 64
EARLY = frozenset({"garmin"})  # its notice comes before the data, which then come as incremental events (5.3)
_FORMAT = b"\x01"


class Notice(NamedTuple):
    """A `historical.data.*.created`. Range in µs since 1970, UTC; the order breaks ties of the delivery time."""

    at_ms: int
    delivery_id: str
    start_us: int = 0
    end_us: int = 0
    has_range: bool = False
    is_swapped: bool = False


class State(NamedTuple):
    newest: Notice
    seen: tuple[tuple[int, str], ...]  # the newest distinct notices, sorted


def read_event(data: object, at_ms: int, delivery_id: str, problems: list[str]) -> tuple[str, Notice]:
    """(provider, notice). A range that runs backwards is swapped (5.1). Raises Rejected(BAD_SHAPE)."""
    if type(data) is not dict or not (provider := provider_slug(data.get("provider"))):
        raise Rejected(Reason.BAD_SHAPE, "$.data.provider")
    try:
        start, end = values.time_us(data.get("start_date")), values.time_us(data.get("end_date"))
    except Unfit as unfit:
        problems.append(f"$.data.start_date, $.data.end_date: {unfit}")
        return provider, Notice(at_ms, delivery_id)
    return provider, Notice(at_ms, delivery_id, min(start, end), max(start, end), True, start > end)


def merge(state: State | None, notice: Notice) -> State:
    """The newest notice, and which were seen."""
    mark = (notice.at_ms, notice.delivery_id)
    if state is None:
        return State(notice, (mark,))
    return State(max(state.newest, notice), tuple(sorted({*state.seen, mark})[-NOTICES_MAX:]))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(State).decode


def encode(state: State) -> bytes:
    return _FORMAT + _encode(state)


def decode(stored: bytes | None) -> State | None:
    return None if stored is None else _decode(memoryview(stored)[1:])
