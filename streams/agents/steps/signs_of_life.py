"""Signs of life: live deliveries that are outdated, because a newer version was delivered or fetched before.

They emit no record. But after an outage of ours, history is often fetched before Junction repeats the deliveries that
failed, and these users were not silent: silence rules count them. A delivery that only repeats an older one is no sign
of life, because a provider may repeat itself for days.
"""

from streams.agents.steps.incoming import Incoming
from streams.events import Origin
from streams.tables import SignOfLife


def note_outdated(incoming: Incoming, time_us: int) -> None:
    """An outdated delivery still counts as activity for silence rules. `time_us`: the newest moment of its data."""
    observations, event, delivery = incoming.draft.observations, incoming.event, incoming.delivery
    if observations is not None and delivery.origin != Origin.HISTORICAL:
        who, received_ms = (event.client_user_id, event.team_id), delivery.received_ms or delivery.at_ms
        sign = SignOfLife(event.type.resource, event.user_id, time_us, delivery.at_ms, received_ms, who)
        observations.append(sign)
