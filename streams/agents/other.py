"""Query results, checkout, and every event type that we do not know: kept, passed on, counted."""

import re

from streams import topics
from streams.agents.deliveries import fold_delivery
from streams.agents.parts import Outlet, body_of, delivered
from streams.codec import Codec
from streams.decode import Control, decode
from streams.draft import Draft, Fold
from streams.errors import Reason, Rejected
from streams.events import Family, Record

_LABEL = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)


def make(codec: Codec, prefix: str) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        control = decode(body_of(record))
        if not isinstance(control, Control):
            raise Rejected(Reason.BAD_SHAPE, "$.event_type: not of this topic")
        kind = control.event.type
        if kind.family is Family.UNKNOWN:
            draft.count("unknown_types", kind.text if _LABEL.fullmatch(kind.text) else "malformed")
        topic = topics.QUERY_RESULTS if kind.family is Family.QUERY else topics.OTHER
        fold_delivery(draft, outlet, control, delivered(record), topic)

    return fold
