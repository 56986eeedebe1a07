"""What a transport says around one event, the same for all of Junction's pipelines (domain file, section 8). Pure."""

from typing import NamedTuple

from streams.events.intake import Claimed
from streams.ops.errors import Rejected

GZIP = "gzip"


class MessageEnvelope(NamedTuple):
    """What is around one message. `door`, `endpoint`: as in `Delivery`; `endpoint` is the queue, subscription or hub.

    `id`: what the sender named the delivery, "" where it did not. `made_at_ms`: Unix milliseconds; None where it does
    not say, and the arrival counts. `problem`: why it cannot be read.
    """

    door: str
    endpoint: str
    claimed: Claimed
    id: str = ""
    made_at_ms: int | None = None
    problem: Rejected | None = None
