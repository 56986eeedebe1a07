"""labtest.* and lab_report.*: orders, appointments, results, reviews and jobs as state, deduplicated by their ids."""

from streams.agents.steps.deliveries import REMEMBERED, fold_delivery
from streams.agents.steps.entities import Destination, fold_entity
from streams.agents.steps.folding import Agent
from streams.agents.steps.incoming import Incoming
from streams.events import Family
from streams.payloads import labs
from streams.tables.readings import LabReading


def fold_lab(incoming: Incoming, reading: LabReading) -> None:
    entity = reading.entity
    key = entity.fields["order_id"] or entity.id  # what is about one order has one key
    if reading.is_keyed:
        to = Destination(reading.topic, [incoming.event.owner_id, key], labs.state_parts(entity))
        fold_entity(incoming, entity, to, more=REMEMBERED)
    else:
        fold_delivery(incoming, reading.data, reading.topic, key, entity.fields)


AGENT = Agent({Family.LAB: fold_lab})
