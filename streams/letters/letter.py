"""Dead letters as values: what a letter says of itself, what would become of it now, and the record to put back. Pure.

A letter is a record that no version so far could process, as it came, with the reason in its headers. It goes back to
the raw topic to which it belongs *now*: a newer version may know its type. What would only die again stays where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from streams.events import ids, times, topics, types
from streams.events.topics import Delivery, Headers, header
from streams.events.types import Hint
from streams.letters.explain import Explanation, explain
from streams.ops.errors import Rejected

DEAD_PREFIX = "dead_"


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `at_ms`: when it died, Unix milliseconds."""

    partition: int
    offset: int
    at_ms: int
    key: bytes
    body: bytes
    headers: Headers

    @property
    def place(self) -> str:
        """Its name on the command line."""
        return f"{self.partition}:{self.offset}"

    @property
    def reason(self) -> str:
        return header(self.headers, topics.H_REASON)

    @property
    def detail(self) -> str:
        return header(self.headers, topics.H_DETAIL)

    @property
    def version(self) -> str:
        """Of the code that gave up."""
        return header(self.headers, topics.H_VERSION)

    @property
    def delivery_id(self) -> str:
        return header(self.headers, topics.H_ID) or header(self.headers, topics.H_SVIX_ID)

    @property
    def redriven_from(self) -> str:
        """The letter that was redriven and died again as this one; "" for a first death."""
        return header(self.headers, topics.H_REDRIVEN_FROM)

    @property
    def died_at(self) -> str:
        """Where it could not be processed: `topic partition:offset`, or the door."""
        names = (topics.H_FROM_TOPIC, topics.H_FROM_PARTITION, topics.H_FROM_OFFSET)
        topic, partition, offset = (header(self.headers, name) for name in names)
        return f"{topic} {partition}:{offset}" if topic else f"door {header(self.headers, topics.H_DOOR)}".strip()

    @property
    def time(self) -> str:
        return times.text(self.at_ms * 1000)

    @property
    def event_type(self) -> str:
        """By its headers, else by its body: a door could not read what it called a dead letter."""
        return header(self.headers, topics.H_TYPE) or self._identity().event_type

    @property
    def user_id(self) -> str:
        return ids.canonical(header(self.headers, topics.H_SUBJECT)) or self._identity().user_id

    def _identity(self) -> Hint:
        try:
            found = types.identify(self.body)
        except Rejected:
            return types.hint(self.body)
        return Hint(found.type.text, found.user_id)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters are meant. Empty parts mean any. `event_type`: with `*`; times in Unix milliseconds."""

    reason: str = ""
    event_type: str = ""
    user_id: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    place: str = ""

    def matches(self, letter: Letter) -> bool:
        return (
            self.place in ("", letter.place)
            and self.reason in ("", letter.reason)
            and (self.since_ms is None or letter.at_ms >= self.since_ms)
            and (self.until_ms is None or letter.at_ms < self.until_ms)
            and (not self.event_type or fnmatchcase(letter.event_type, self.event_type))
            and ids.canonical(self.user_id) in ("", letter.user_id)
        )

    @property
    def is_open(self) -> bool:
        """Whether it means every letter."""
        return self == Filter()


class Return(NamedTuple):
    """What a redrive would put back; `refusal`: why it will not, then the record is empty."""

    refusal: str
    topic: str = ""
    key: bytes = b""
    partition: int = 0
    headers: Sequence[tuple[str, bytes]] = ()


def now(letter: Letter, prefix: str, partitions: int) -> Explanation:
    """What this version makes of it."""
    return explain(letter.body, prefix=prefix, partitions=partitions, headers=letter.headers)


def returned(letter: Letter, prefix: str, partitions: int) -> Return:
    """The raw record that a letter becomes, or why it would only die again."""
    if header(letter.headers, topics.H_LEFT_OUT):
        return Return(f"too large for a letter: its record is at {letter.died_at}, as long as raw topics keep it")
    explained = now(letter, prefix, partitions)
    if explained.partition is None:
        return Return(f"still unreadable, nobody can tell whose it is: {_reason(explained)}")
    if explained.reason:
        return Return(f"would die again: {_reason(explained)}")
    own = [row for row in letter.headers if not row[0].startswith(DEAD_PREFIX) and row[0] != topics.H_REDRIVEN_FROM]
    own = [(name, _id(value) if name in _IDS else value) for name, value in own]
    headers = own if header(letter.headers, topics.H_FROM_TOPIC) else _of_the_door(letter)
    mark = (topics.H_REDRIVEN_FROM, letter.place.encode())
    return Return("", explained.raw_topic, explained.key.encode(), explained.partition, (*headers, mark))


_IDS = (topics.H_SUBJECT, topics.H_PARTITION_KEY)


def _id(value: bytes) -> bytes:
    """An older door left ids as they were written. Bytes that are no text stay as they are."""
    return ids.canonical(value.decode("latin-1")).encode("latin-1")


def _reason(explained: Explanation) -> str:
    return f"{explained.reason} {explained.detail}".strip()


def _of_the_door(letter: Letter) -> Headers:
    """The headers that its door would have given it, had it been readable then."""

    def said(name: str) -> str:
        return header(letter.headers, name)

    signature = ((name, said(name)) for name in (topics.H_SVIX_ID, topics.H_SVIX_TIMESTAMP, topics.H_SVIX_SIGNATURE))
    delivery = Delivery(
        id=said(topics.H_ID),
        door=said(topics.H_DOOR),
        endpoint=said(topics.H_SOURCE).rpartition("/")[2] or "-",
        created_at=said(topics.H_TIME),
        received_at=said(topics.H_RECEIVED),
        traceparent=said(topics.H_TRACEPARENT),
        tracestate=said(topics.H_TRACESTATE),
        signature=tuple(signature),
    )
    return topics.cloud_headers(types.identify(letter.body), delivery)
