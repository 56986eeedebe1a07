"""What a fold puts out besides state: records, notes for metrics and lineage, what alert rules see."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from streams.events import Record
from streams.ops.errors import Rejected
from streams.payloads import Event
from streams.tables.coverage import EventExtent
from streams.tables.provenance import Provenance


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


class Handled(NamedTuple):
    """The event of a raw record. What is noted behind it belongs to it, up to the next of its kind, Dead or ASIDE.

    `raw_topic`: short name.
    """

    raw_topic: str
    event: Event
    delivery: Provenance


class Judged(NamedTuple):
    """So many entities or samples have this verdict. `id`: of the one entity, "" for samples and what has no id.

    `label`: its resource as metrics know it. `changed_fields`: of the entity.
    """

    family: str
    label: str
    verdict: str
    n: int
    id: str
    changed_fields: Sequence[str]


class About(NamedTuple):
    """Whose data they are, and of when. `extent`: None for what belongs to no time."""

    provider: str
    source_type: str
    extent: EventExtent | None


class Dead(NamedTuple):
    """A record that became a dead letter."""

    record: Record
    rejection: Rejected


class Aside(NamedTuple):
    """What follows belongs to no raw record: a timer, or progress of a fetcher."""


ASIDE = Aside()


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


Measurement = Count | Handled | Judged | About | Dead | Aside
Observation = CleanRecord | SignOfLife
