"""The options of `demo`."""

from dataclasses import dataclass
from pathlib import Path

from streams.events.doors import DoorName


@dataclass(frozen=True)
class Options:
    """What the command line asks for; `rate` in deliveries per second, 0 as fast as it goes.

    `door`: a pipeline's starts its broker, too. `is_pushed`: history comes through it as events.
    """

    once: bool
    as_json: bool
    users: int
    days: int
    seed: int
    rate: float
    keep: Path | None
    history_days: int = 90
    has_sink: bool = False
    is_secure: bool = False
    door: str = DoorName.WEBHOOK
    is_pushed: bool = False
