"""What a sink is: a target that keeps its rows and the positions of topics together."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from confluent_kafka import Message

Place = tuple[str, int]  # full name of a topic, partition


class Fenced(Exception):
    """The target's position is not where the batch begins: somebody else wrote, or the answer to us was lost."""


class SinkBatch(NamedTuple):
    """Records of one partition. The target's position moves from `start` to `end`, both the next offset to write."""

    place: Place
    start: int
    end: int
    messages: Sequence[Message]


class Sink(Protocol):
    """What the loop in `drain` asks of a sink. Calls come from one thread, and may block."""

    name: str

    def positions(self, places: Sequence[Place]) -> dict[Place, int]:
        """The next offset of each, 0 for a new one. Raises Unavailable."""

    def moved(self) -> Sequence[Place]:
        """Places that a person has moved since `positions` read them. Raises Unavailable."""

    def rows(self, message: Message) -> int:
        """About how many rows a record becomes: a batch is bounded by them."""

    def write(self, batches: Sequence[SinkBatch]) -> None:
        """Rows and positions in one transaction: `UPDATE … SET next_offset = end WHERE next_offset = start`, for each.

        Raises Fenced when a position is another one, and then has written nothing. Raises Unavailable when it is not
        known whether the transaction was committed: the batches are written again, and Fenced if it was.
        """
