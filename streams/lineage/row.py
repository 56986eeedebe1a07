"""One lineage row: what the worker did with one raw record. Names, verdicts and places; never a value."""

from dataclasses import dataclass
from typing import NamedTuple


class EntityLine(NamedTuple):
    """One entity of a delivery. `id`: as in its clean record. `n_changed`: of all fields, also those not named."""

    id: str
    verdict: str
    changed_fields: tuple[str, ...] = ()
    n_changed: int = 0


class Tally(NamedTuple):
    """How often: of a verdict, or of a clean topic (short name)."""

    name: str
    n: int


class AlertStep(NamedTuple):
    """A rule that this delivery moved. `step`: opened, updated, resolved, ..., as in the alert's record."""

    rule: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageRow:
    """What is known of one raw record. Times: Unix ms, 0 for unknown; `first_us`, `last_us`: Unix µs of the data.

    `raw_topic`: short name (`raw.summaries`). `redriven_from`: partition:offset of the dead letter, or "".
    `first_day`, `last_day`: local days since 1970, 0 for unknown. `entities`: the first of them; `counted`: verdicts of
    samples, and of the entities beyond those. `reason`: of the dead letter, "" where it is none; `detail`: its place.
    `worker`, `version`: which worker processed it at `processed_ms`, with which code.
    """

    delivery_id: str
    raw_topic: str
    partition: int
    offset: int
    processed_ms: int
    worker: str = ""
    version: str = ""
    redriven_from: str = ""
    created_ms: int = 0
    received_ms: int = 0
    owner_id: str = ""
    event_type: str = ""
    resource: str = ""
    door: str = ""
    origin: str = ""
    backfill_id: str = ""
    provider: str = ""
    source_type: str = ""
    first_us: int = 0
    last_us: int = 0
    first_day: int = 0  # of samples only where they name their offset
    last_day: int = 0
    entities: tuple[EntityLine, ...] = ()
    counted: tuple[Tally, ...] = ()
    clean: tuple[Tally, ...] = ()
    alerts: tuple[AlertStep, ...] = ()
    reason: str = ""
    detail: str = ""

    @property
    def place(self) -> tuple[str, int, int]:
        """Raw topic (short name), partition and offset: what tells two rows apart."""
        return (self.raw_topic, self.partition, self.offset)

    @property
    def is_dead(self) -> bool:
        """Whether it became a dead letter."""
        return bool(self.reason)
