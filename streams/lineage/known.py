"""What an index of lineage can be asked, and what it answers: values without a client, a clock or a database. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.lineage.row import LineageRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far an index reaches. Unix ms.

    `first_ms`: rows of what was processed earlier are not here, 0 while it holds none. `as_of_ms`: all that was
    processed before is here. `behind_s`: how far reading is behind the topic's end. `still_ms`: of an index that was
    read once, the time up to which; 0 for one that goes on. `has_connections`: whether the states of connections were
    read up to where they ended when reading began; the other three are of lineage alone.
    """

    first_ms: int
    as_of_ms: int
    behind_s: float
    still_ms: int = 0
    has_connections: bool = True


def margin_ms(commit_interval_s: float) -> int:
    """For so long rows may be on their way to the topic: a worker commits, and another second for clocks."""
    return 1_000 + int(2000 * commit_interval_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A dead letter by its headers. `raw_topic` (short name), `raw_partition`, `raw_offset`: the record that it was
    made of; a gateway's letter was none, and has "" and -1. `redriven_ms`: 0 where it was not put back."""

    partition: int
    offset: int
    raw_topic: str
    raw_partition: int
    raw_offset: int
    delivery_id: str
    owner_id: str
    event_type: str
    resource: str
    reason: str
    detail: str
    dead_ms: int
    redriven_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAttempt:
    """One attempt to bring a step of an alert to a receiver. `status`, `reason`: as in AlertDelivery.avsc."""

    receiver: str
    status: str
    reason: str
    attempt: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSeen:
    """One step in the life of an alert. `evidence`: delivery ids that it names."""

    alert_id: str
    revision: int
    user_id: str
    rule: str
    severity: str
    life: str
    at_ms: int
    evidence: tuple[str, ...]
    attempts: tuple[AlertAttempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The newest state of a user's connection to a provider, as in Connection.avsc. Times: Unix ms, 0 for none."""

    provider: str
    status: str
    since_ms: int
    error_type: str = ""
    error_ms: int = 0
    last_data_ms: int = 0
    available: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The newest state of a backfill, as in Backfill.avsc. Times: Unix ms, 0 for none; `share`: 0 to 1."""

    provider: str
    resource: str
    status: str
    reason: str
    share: float
    start_ms: int = 0
    end_ms: int = 0
    progress_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderHour:
    """What one hour brought of a provider and resource. `hour_ms`: its beginning, by the time of receipt.

    `delay_s`: from the end of the data to receipt, the mean of deliveries that were no history; -1 without any.
    """

    hour_ms: int
    provider: str
    resource: str
    deliveries: int
    users: int
    new_samples: int
    delay_s: float


class Index(Protocol):
    """Answers in milliseconds. Rows come in the order of their processing. It may raise Unavailable, of its disk."""

    def reach(self) -> Reach: ...
    def deliveries(self, delivery_id: str) -> Sequence[LineageRow]:
        """All rows of an id: it may have come several times."""
        ...

    def touching(self, owner_id: str, resource: str, since_ms: int, until_ms: int) -> Sequence[LineageRow]:
        """Rows of a user and resource ("" for any) that were processed in [since_ms, until_ms)."""
        ...

    def letters(self, owner_id: str, resource: str = "") -> Sequence[DeadLetter]:
        """Dead letters of an owner, the newest last. `resource`: only its."""
        ...

    def letter_of(self, raw_topic: str, partition: int, offset: int) -> DeadLetter | None: ...
    def letters_of_delivery(self, delivery_id: str) -> Sequence[DeadLetter]: ...
    def alerts_of_delivery(self, delivery_id: str) -> Sequence[AlertSeen]: ...
    def links(self, user_id: str) -> Sequence[Link]: ...
    def histories(self, user_id: str) -> Sequence[History]: ...
    def user_of(self, client_user_id: str) -> str:
        """User id of a client user id; "" where it is not known."""
        ...

    def hours(self, provider: str, resource: str, since_ms: int, until_ms: int) -> Sequence[ProviderHour]:
        """Hours that begin in [since_ms, until_ms), sorted by time."""
        ...
