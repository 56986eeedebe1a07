"""Query results, checkout, operational webhooks, and every event type that we do not know: kept, passed on, counted."""

from streams.agents.steps.common_fields import Delivered, Outlet, body_of, delivered
from streams.agents.steps.deliveries import REMEMBERED, fold_delivery, fold_other
from streams.agents.steps.drift import note
from streams.agents.steps.entities import fold_entity
from streams.events import topics
from streams.events.types import Family, Record
from streams.kafka.codec import Codec
from streams.ops.errors import Reason, Rejected
from streams.payloads import drift, queries
from streams.payloads.decode import Control, decode
from streams.tables.draft import Draft, Fold
from streams.tables.sources import Policy


def make(codec: Codec, prefix: str, policy: Policy) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        control = decode(body_of(record))
        if not isinstance(control, Control):
            raise Rejected(Reason.BAD_SHAPE, "$.event_type: not of this topic")
        step = _query if control.event.type.family is Family.QUERY else fold_other
        step(draft, outlet, policy, control, delivered(record))

    return fold


def _query(draft: Draft, outlet: Outlet, policy: Policy, control: Control, how: Delivered) -> None:
    """Each row is a thing of its own; what has no rows leaves once a delivery."""
    rows = queries.read(control.event, control.data)
    note(draft, outlet, control.event, how, drift.of_rows(control.event, rows))
    if rows is None:
        fold_delivery(draft, outlet, policy, control, how, topics.QUERY_RESULTS, "", queries.no_rows(control.data))
        return
    user_id = control.event.user_id
    for row in rows:
        key, state = [user_id, row.fields["query_id"]], queries.state_parts(row)
        fold_entity(draft, outlet, row, how, topic=topics.QUERY_RESULTS, key=key, state=state, more=REMEMBERED)
