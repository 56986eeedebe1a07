"""A record of a raw topic, and the row that it becomes, by its headers (product contract, section 3). Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from streams.doors.fingerprint import canonical_body, digest_of, owner_of
from streams.doors.names import NUMBERS
from streams.doors.sightings import EARLY, Numbered, Sighting
from streams.events import H_DOOR, H_ID, H_RECEIVED, H_SUBJECT, H_TIME, H_TYPE, Family, millis, parse_type
from streams.tables import is_ahead

KINDS_MAX = 65_000  # event types are open: whoever may send events may make up names
REST = b"(others)"
NEEDED = (H_DOOR, H_ID, H_RECEIVED, H_SUBJECT, H_TIME, H_TYPE)  # headers that are looked at


class RawRecord(NamedTuple):
    """One of a raw topic. `stored_ms`: of the Kafka record, Unix milliseconds."""

    topic: str
    partition: int
    offset: int
    stored_ms: int
    key: bytes
    body: bytes
    headers: dict[str, bytes]

    @property
    def door(self) -> int | None:
        """Its place in DOORS; None for a page that was fetched, and for a door that nobody knows."""
        return NUMBERS.get(self.headers.get(H_DOOR, b""))

    @property
    def event_type(self) -> str:
        return self.headers.get(H_TYPE, b"").decode("utf-8", "replace")

    @property
    def is_notice(self) -> bool:
        """Whether it says that a history is complete."""
        return _is_notice(self.headers.get(H_TYPE, b""))

    @property
    def user_id(self) -> str:
        return self.headers.get(H_SUBJECT, b"").decode("utf-8", "replace")

    @property
    def delivery_id(self) -> str:
        return self.headers.get(H_ID, b"").decode("utf-8", "replace")

    @property
    def received_ms(self) -> int:
        """When it came, Unix milliseconds."""
        return _time(self.headers.get(H_RECEIVED), self.stored_ms)

    @property
    def sent_ms(self) -> int:
        """When it was sent, as far as its door knows; never well after it came."""
        received_ms = self.received_ms
        sent_ms = _time(self.headers.get(H_TIME), received_ms)
        return received_ms if is_ahead(sent_ms * 1000, received_ms) else sent_ms


def _time(header: bytes | None, otherwise: int) -> int:
    if not header:
        return otherwise
    if len(header) == _USUAL and _SECONDS.fullmatch(header, 17):
        minute_ms = _minute_ms(header[:17])
        if minute_ms is not None:
            return minute_ms + int(header[17:19]) * 1000 + int(header[20:23])
    found = millis(header.decode("latin-1"))
    return otherwise if found is None else found


_USUAL = len("2026-06-03T09:15:00.123Z")
_SECONDS = re.compile(rb"[0-5]\d\.\d\d\dZ")


@lru_cache(maxsize=4096)  # records come in the order of their times, or nearly so
def _minute_ms(text: bytes) -> int | None:
    """Of `2026-06-03T09:15:`."""
    return millis(f"{text.decode('latin-1')}00Z")


@lru_cache(maxsize=4096)
def _is_notice(event_type: bytes) -> bool:
    return parse_type(event_type.decode("utf-8", "replace")).family is Family.BACKFILL


class RawLog(Protocol):
    """Where raw records come from."""

    def since(self, since_ms: int) -> Iterable[RawRecord]:
        """What is there now and was stored since then (Unix milliseconds), in no order between partitions."""

    def at(self, places: Mapping[tuple[str, int], Sequence[int]]) -> Iterable[RawRecord]:
        """The records at these offsets of (topic, partition), in no order; what is gone is left out."""


class RowMaker:
    """Rows of records. `since_ms`: what was sent before is EARLY."""

    def __init__(self, since_ms: int) -> None:
        self.places = Numbered[tuple[str, int]](2**32 - 1, ("", 0))
        self.kinds = Numbered[bytes](KINDS_MAX, REST)
        self._since_ms = since_ms

    def row(self, record: RawRecord, content: Callable[[bytes], bytes]) -> Sighting | None:
        """None for what came by a door that is not compared. `content`: `as_it_is` or `canonical_body`."""
        door = record.door
        if door is None:
            return None
        headers, received_ms = record.headers, record.received_ms
        event_type = headers.get(H_TYPE, b"")
        is_early = min(_time(headers.get(H_TIME), received_ms), received_ms) < self._since_ms
        return _tuple(
            Sighting,
            (
                digest_of(headers.get(H_SUBJECT, b""), event_type, content(record.body)),
                owner_of(record.key),
                received_ms,
                record.offset,
                self.places.number((record.topic, record.partition)),
                self.kinds.number(event_type),
                door,
                EARLY if is_early else 0,
            ),
        )


_tuple = tuple.__new__  # half the time of calling the type, two million times


def as_it_is(body: bytes) -> bytes:
    """The bytes, where nothing speaks for another form."""
    return body


in_one_form = canonical_body
