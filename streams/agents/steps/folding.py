"""A fold from steps: the event of a record is read as its family is read, and that family's step does the rest."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from streams.agents.steps import deliveries
from streams.agents.steps.drift import note
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.outlet import Outlet
from streams.events import Family, Record, body_of
from streams.events.doors import PIPELINES
from streams.ops.errors import Reason, Rejected
from streams.payloads import Control, Series, Summary
from streams.payloads.decode import decode
from streams.tables import Draft, Fold, Handled, Policy, provenance_of, readings

_tuple = tuple.__new__  # half the time of calling Incoming, on the path of every record
Step = Callable[[Incoming, Any], None]  # Any: the reading that `readings.read` makes of an event of its family


class Agent(NamedTuple):
    """How the events of one raw topic are folded. `passed_on`: families that are emitted as they are."""

    steps: Mapping[Family, Step]
    # Older versions put events of actions that Junction does not document into other raw topics, too.
    passed_on: frozenset[Family] = frozenset({Family.UNKNOWN})


def fold_of(raw_topic: str, agent: Agent, outlet: Outlet, policy: Policy) -> Fold:
    """The fold of a raw topic (short name). It raises Rejected(BAD_SHAPE) for an event of another topic."""
    steps, likely = agent.steps, next(iter(agent.steps))

    def fold(record: Record, draft: Draft) -> None:
        delivery = provenance_of(record)
        draft.trace = delivery.trace
        decoded = decode(body_of(record), likely)
        draft.note(_tuple(Handled, (raw_topic, decoded.event, delivery)))
        incoming = _tuple(Incoming, (draft, outlet, policy, decoded.event, delivery))
        once = deliveries.row_of(incoming) if delivery.door in PIPELINES else None
        if once and deliveries.is_known(incoming, once):
            return
        step = steps.get(decoded.event.type.family)
        reading: readings.Reading
        if step is None:
            reading = _passed_on(agent, decoded)
            deliveries.fold_other(incoming, reading)
        else:
            reading = readings.read(decoded, delivery.at_ms, delivery.id)
            step(incoming, reading)
        note(incoming, reading.findings())
        if once:  # behind the steps: one of them keeps the same row, and would take this event for its own repetition
            deliveries.remember(incoming, once)

    return fold


def _passed_on(agent: Agent, decoded: Summary | Series | Control) -> readings.OtherReading:
    if not isinstance(decoded, Control) or decoded.event.type.family not in agent.passed_on:
        raise Rejected(Reason.BAD_SHAPE, "$.event_type: not of this topic")
    return readings.other(decoded)
