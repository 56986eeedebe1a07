"""What a fold puts out besides state: records to produce, figures for the metrics, and what alert rules look at."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Emit(NamedTuple):
    """One record to produce. It goes to the draft's own partition: same user, same partition number."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] | None


class Count(NamedTuple):
    """What is added to a counter: its name and labels."""

    name: tuple[str, ...]
    n: int


class Arrival(NamedTuple):
    """An event to be timed. `received_ms`: at the door; `created_ms`: when it was made, where that is known."""

    raw_topic: str
    received_ms: int
    created_ms: int | None


class CleanRecord(NamedTuple):
    """A record of a clean topic before it is encoded. `topic`: short name."""

    topic: str
    record: dict[str, Any]


class SignOfLife(NamedTuple):
    """A live delivery without a clean record, because a newer one was known. `topic`: short name of its clean topic.

    `time_us`: the newest moment in its data. `who`: client user id and team id.
    """

    topic: str
    user_id: str
    time_us: int
    delivered_ms: int
    received_ms: int
    who: tuple[str, str]


Measurement = Count | Arrival
Observation = CleanRecord | SignOfLife
