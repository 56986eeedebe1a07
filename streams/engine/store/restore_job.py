"""What a restore has to read of one changelog partition."""

from dataclasses import dataclass

from streams.engine.positions.slices import Source
from streams.engine.store.table import StateTable

REBUILD = "`--rebuild-state`"


@dataclass(slots=True)
class RestoreJob:
    """One changelog partition to read from `begin` up to `end`, its high watermark. `low`: its first offset."""

    table: StateTable
    source: Source
    begin: int = 0
    end: int = 0
    low: int = 0

    @property
    def left(self) -> int:
        """Offsets still to be read; markers and compacted records count, so it is an upper bound of records."""
        return max(0, self.end - self.begin)

    @property
    def may_lack(self) -> bool:
        """Whether there may be a record to read: one offset alone is the marker of the commit that was read last."""
        return self.left > 1


class Stopped(Exception):
    """`stop` was set. What was read is kept; the next restore goes on from there."""
