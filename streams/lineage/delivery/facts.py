"""All that can be known of one delivery, each part possibly not known, with a sentence that says why. Pure.

Places are of topics by their short names (`raw.summaries`). Times: Unix ms, 0 for unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from streams.events.proof import Proof
from streams.lineage.delivery.delivery_ids import DeliveryId
from streams.lineage.known import AlertSeen, DeadLetter, Reach
from streams.lineage.row import LineageRow


class NotKnown(NamedTuple):
    """A part that could not be found out. `why`: a sentence."""

    why: str


Part = TypeVar("Part")


def known(parts: tuple[Part, ...] | NotKnown) -> tuple[Part, ...]:
    """The parts; none where they are not known."""
    return () if isinstance(parts, NotKnown) else parts


class OriginalGone(NamedTuple):
    """A raw record that is not where the row says: expired, or the topic was made anew. `why`: a phrase."""

    why: str


class RawPlace(NamedTuple):
    """Where a raw record is."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic} {self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSeen:
    """A raw record as it lies there now. `proof`: of its signature, verified for this story."""

    place: RawPlace
    size_bytes: int
    stored_ms: int
    proof: Proof | NotKnown
    created_ms: int = 0
    received_ms: int = 0
    event_type: str = ""
    door: str = ""
    redriven_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanSeen:
    """One clean record. `samples`: how many it has, 0 for other shapes; `unit`: of its values.

    `record`: decoded, only where values were asked for.
    """

    topic: str
    partition: int
    offset: int
    at_ms: int
    size_bytes: int
    verdict: str = ""
    samples: int = 0
    unit: str = ""
    record: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CleanLook:
    """Clean records that were found, and a sentence for each part that was not."""

    seen: tuple[CleanSeen, ...] = ()
    missing: tuple[str, ...] = ()


class ReaderSeen(NamedTuple):
    """A consumer group at a clean topic's partition. `to_go`: records until it has read the newest of this delivery's.

    `passed_ms`: when it was first seen behind it, 0 where nobody looked then. `note`: what its offset does not say.
    """

    group: str
    topic: str
    partition: int
    to_go: int
    passed_ms: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReaderLook:
    """Groups that were asked, and a sentence for each that was not."""

    seen: tuple[ReaderSeen, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One raw record of the delivery. `row`: None where a worker has not told of it, or no longer."""

    row: LineageRow | None
    raw: RawSeen | OriginalGone | NotKnown
    clean: CleanLook = CleanLook()
    readers: ReaderLook = ReaderLook()


class RedriveSeen(NamedTuple):
    """What a redrive would do with a letter. `refusal`: why it would not put it back; else `to`: the topic."""

    refusal: str = ""
    to: str = ""


class LetterSeen(NamedTuple):
    """A dead letter of this delivery."""

    letter: DeadLetter
    redrive: RedriveSeen | NotKnown

    @property
    def place(self) -> str:
        """As commands name it: partition:offset."""
        return f"{self.letter.partition}:{self.letter.offset}"

    @property
    def raw_place(self) -> tuple[str, int, int]:
        """Where the record is that it was made of."""
        return (self.letter.raw_topic, self.letter.raw_partition, self.letter.raw_offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorAttempt:
    """One request that a gateway answered with something else than 2xx. `is_signed`: whether a secret signed it; None
    where that was not tried. `is_cut`: of the id only the beginning is known."""

    at_ms: int
    gateway: str
    endpoint: str
    outcome: str
    status: int
    body_bytes: int
    is_signed: bool | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLook:
    """What the gateways remember. `remembers_since_ms`: refusals before may be forgotten. `accepting_since_ms`: all
    have accepted without a restart since. `missing`: a sentence for each gateway that did not say."""

    attempts: tuple[DoorAttempt, ...] = ()
    remembers_since_ms: int = 0
    accepting_since_ms: int = 0
    missing: tuple[str, ...] = ()


class TailLook(NamedTuple):
    """Raw topics searched for an id without a row: behind what workers have committed, and a little before.

    `asked_ms`: when it was asked up to where they have. `since_ms`: all that was stored since then was read, too; 0 for
    none of it. `place`: where it is, None for nowhere. `before`: records of its partition that are processed first.
    `is_passed`: its offset is committed, only no row is here. `unread`: a sentence where not all was read, else "".
    `partly`: the same of what was committed long ago, which rows should tell of, too.
    """

    asked_ms: int
    since_ms: int = 0
    place: RawPlace | None = None
    before: int = 0
    is_passed: bool = False
    unread: str = ""
    partly: str = ""


class Heartbeats(NamedTuple):
    """Signs of gateways that took deliveries: the last one up to the time in question, the first behind, the newest."""

    before_ms: int = 0
    after_ms: int = 0
    newest_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """`now_ms`: when this was asked. `tail`, `heartbeats`: None where nobody had to look. `raw_days`: how long raw
    records stay. `left_out`, `letters_left_out`: older ones, beside those that are told. `portal`: address of
    Junction's Svix portal, "" without a key."""

    id: DeliveryId
    now_ms: int
    raw_days: int
    reach: Reach | NotKnown
    arrivals: tuple[Arrival, ...] | NotKnown
    letters: tuple[LetterSeen, ...] | NotKnown = ()
    alerts: tuple[AlertSeen, ...] | NotKnown = ()
    door: DoorLook | NotKnown = DoorLook()
    tail: TailLook | NotKnown | None = None
    heartbeats: Heartbeats | NotKnown | None = None
    left_out: int = 0
    letters_left_out: int = 0
    portal: str = ""
