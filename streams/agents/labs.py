"""labtest.* and lab_report.*: every event leaves once, by its delivery id, with its payload as JSON text."""

from streams import topics
from streams.agents.deliveries import fold_delivery
from streams.agents.parts import Outlet, body_of, delivered
from streams.codec import Codec
from streams.decode import Control, decode
from streams.draft import Draft, Fold
from streams.errors import Reason, Rejected
from streams.events import Record


def make(codec: Codec, prefix: str) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        control = decode(body_of(record))
        if not isinstance(control, Control):
            raise Rejected(Reason.BAD_SHAPE, "$.event_type: not of this topic")
        fold_delivery(draft, outlet, control, delivered(record), topics.LABS)

    return fold
