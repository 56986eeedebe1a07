"""Signs of life of deliveries that were overtaken: what they tell was fetched before, or told by a newer one.

They are no news and leave no record. But behind an outage of ours, history is often fetched before Junction delivers
again what it could not, and these users were not silent. So who watches for silence hears of them. A delivery that only
repeats what an older one told is no sign: a provider may say the same for days.
"""

from streams.agents.steps.common_fields import Delivered
from streams.events.topics import Origin
from streams.payloads.envelope import Event
from streams.tables.draft import Draft
from streams.tables.outputs import SignOfLife


def overtaken(draft: Draft, event: Event, how: Delivered, time_us: int) -> None:
    """Tell who watches. `time_us`: the newest moment that the delivery speaks about."""
    if draft.observations is not None and how.origin != Origin.HISTORICAL:
        who = (event.client_user_id, event.team_id)
        received_ms = how.received_ms or how.at_ms
        draft.observations.append(SignOfLife(event.type.resource, event.user_id, time_us, how.at_ms, received_ms, who))
