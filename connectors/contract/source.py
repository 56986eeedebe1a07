"""What a source is: a system that hands us messages, and keeps each until it is acknowledged."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from streams.events import Delivery


class SourceMessage(NamedTuple):
    """`token`: by what the source acknowledges it (a delivery tag, an ack id, a partition and an offset)."""

    body: bytes
    delivery: Delivery
    token: Any


class Source(Protocol):
    """What the loop in `receiving` asks of a source. All may raise Unavailable: then it is asked again, after a pause.

    After that, `receive` begins with what was not acknowledged: it connects anew, or goes back to its checkpoint.
    """

    name: str

    async def receive(self, messages_max: int) -> list[SourceMessage]:
        """The next messages, in the source's order; after about a second without any, none.

        What the source fetches ahead has to be bounded, too: nothing is acknowledged while Kafka is away.
        """

    async def acknowledge(self, messages: Sequence[SourceMessage]) -> None:
        """Kafka has them. In the order received and without a gap, so the last one can be a checkpoint for all."""

    async def extend(self, messages: Sequence[SourceMessage]) -> None:
        """They are still worked on: for a source with deadlines. Called before each further attempt.

        One attempt and the pause before it take at most STREAMS_PUBLISH_TIMEOUT_S and `retry.WAIT_S_MAX`.
        """

    async def release(self, messages: Sequence[SourceMessage]) -> None:
        """We stop, and Kafka may not have them: others may take them at once."""
