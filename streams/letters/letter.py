"""A dead letter as a value, and which letters a command means. Pure.

A letter is a record that no version so far could process, with its own key, body and headers, and the reason in headers
beside them.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from streams.events import (
    H_DETAIL,
    H_DOOR,
    H_FROM_OFFSET,
    H_FROM_PARTITION,
    H_FROM_TOPIC,
    H_ID,
    H_REASON,
    H_REDRIVEN_FROM,
    H_SUBJECT,
    H_SVIX_ID,
    H_TYPE,
    H_VERSION,
    Headers,
    Hint,
    header,
    hint,
    identify,
    ids,
    times,
)
from streams.ops.errors import Rejected


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
        return header(self.headers, H_REASON)

    @property
    def detail(self) -> str:
        return header(self.headers, H_DETAIL)

    @property
    def version(self) -> str:
        """Of the code that gave up."""
        return header(self.headers, H_VERSION)

    @property
    def delivery_id(self) -> str:
        return header(self.headers, H_ID) or header(self.headers, H_SVIX_ID)

    @property
    def redriven_from(self) -> str:
        """The letter that was redriven and died again as this one; "" for a first death."""
        return header(self.headers, H_REDRIVEN_FROM)

    @property
    def died_at(self) -> str:
        """Where it could not be processed: `topic partition:offset`, or the door."""
        names = (H_FROM_TOPIC, H_FROM_PARTITION, H_FROM_OFFSET)
        topic, partition, offset = (header(self.headers, name) for name in names)
        return f"{topic} {partition}:{offset}" if topic else f"door {header(self.headers, H_DOOR)}".strip()

    @property
    def time(self) -> str:
        return times.text(self.at_ms * 1000)

    @property
    def event_type(self) -> str:
        """By its headers, else by its body: a door could not read what it called a dead letter."""
        return header(self.headers, H_TYPE) or self._identity().event_type

    @property
    def user_id(self) -> str:
        return ids.canonical(header(self.headers, H_SUBJECT)) or self._identity().user_id

    def _identity(self) -> Hint:
        try:
            found = identify(self.body)
        except Rejected:
            return hint(self.body)
        return Hint(found.type.text, found.user_id)


@dataclass(frozen=True, slots=True)
class LetterFilter:
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
        return self == LetterFilter()
