"""labtest.* and lab_report.*: orders, appointments, results, reviews and jobs as state, deduplicated by their ids."""

from streams.agents.steps.common_fields import Outlet, body_of, delivered
from streams.agents.steps.deliveries import REMEMBERED, fold_delivery, fold_unread
from streams.agents.steps.drift import note
from streams.agents.steps.entities import fold_entity
from streams.events import topics
from streams.events.types import Family, Record
from streams.kafka.codec import Codec
from streams.payloads import drift, labs
from streams.payloads.decode import Control, decode
from streams.tables.draft import Draft, Fold
from streams.tables.sources import Policy


def make(codec: Codec, prefix: str, policy: Policy) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        how = delivered(record)
        control = decode(body_of(record))
        if not isinstance(control, Control) or control.event.type.family is not Family.LAB:
            fold_unread(draft, outlet, policy, control, how)
            return
        entity = labs.read(control.event, control.data)
        key = entity.fields["order_id"] or entity.id  # what is about one order has one key
        if entity.id:
            owner_id = control.event.owner_id
            fold_entity(
                draft, outlet, entity, how, topic=topics.LABS, key=[owner_id, key], state=labs.state_parts(entity),
                more=REMEMBERED,
            )  # fmt: skip
        else:
            fold_delivery(draft, outlet, policy, control, how, topics.LABS, key, entity.fields)
        note(draft, outlet, control.event, how, drift.of_lab(entity))

    return fold
