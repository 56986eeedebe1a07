"""What a source is: a system that hands us messages, and keeps each until it is acknowledged."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from streams.events import Delivery
from streams.events.intake import NOTHING, Claimed
from streams.ops.errors import Rejected


class Opened(NamedTuple):
    """A message without its envelope. `body`: the record's value. `rejection`: why it is a dead letter, whatever its
    body says; then `body` are the bytes as they came. `left_out`: how many bytes it had, if they fit into no record."""

    body: bytes
    delivery: Delivery
    claimed: Claimed = NOTHING
    rejection: Rejected | None = None
    left_out: int = 0


class SourceMessage(NamedTuple):
    """`token`: by what the source acknowledges it (a delivery tag, an ack id, a partition and an offset). `n_bytes`: as
    it came. `open`: unpacks it when its turn has come, so that few are unpacked at once; never raises."""

    token: Any
    n_bytes: int
    open: Callable[[], Opened]


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

    async def close(self) -> None:
        """Let go of the system. May be called twice."""


@runtime_checkable
class TellsWaiting(Protocol):
    """A source that can say how much is left in it. Not all can: Pub/Sub's pull tells nobody."""

    async def waiting(self) -> int | None:
        """Messages that wait there and were not handed out; None while it cannot be asked. May raise Unavailable.

        Asked beside `receive`, so what goes wrong here must not disturb what is received.
        """
