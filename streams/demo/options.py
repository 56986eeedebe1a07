"""The options of `demo`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What the command line asks for; `rate` in deliveries per second, 0 as fast as it goes."""

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
