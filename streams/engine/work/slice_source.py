"""Where slices come from: the consumer, as the unit of work sees it."""

from collections.abc import Mapping
from typing import Protocol

from streams.engine.positions.ends import Ends
from streams.engine.positions.group_metadata import Membership
from streams.engine.positions.slices import Position, Source


class SliceSource(Protocol):
    """`ends`: what is known about the ends of our partitions. `waiting`: whether slices wait for their step."""

    @property
    def ends(self) -> Ends: ...
    def membership(self) -> Membership: ...
    def waiting(self) -> bool: ...
    async def seek_to(self, positions: Mapping[Source, Position]) -> None: ...
