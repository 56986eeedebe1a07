"""provider.connection.* and provider.device.*: the state of a user's links, and the user's devices."""

from streams.agents.steps import connection_rows, fetch_requests
from streams.agents.steps.common_fields import Joined
from streams.agents.steps.entities import Destination, fold_entity
from streams.agents.steps.folding import Agent
from streams.agents.steps.incoming import Incoming
from streams.events import Family
from streams.payloads import UNKNOWN
from streams.tables import About, Verdict, connections, state_key
from streams.tables.readings import ConnectionReading, DeviceReading


def fold_connection(incoming: Incoming, reading: ConnectionReading) -> None:
    event, provider, news = incoming.event, reading.provider, reading.news
    stored = incoming.draft.get("connections", state_key(event.user_id, provider))
    before = connections.decode(stored)
    after = connections.merge(before, news)
    connection_rows.store(incoming, provider, before, after)
    fetch_requests.after_connection(incoming, provider, before, after)
    verdict = Verdict.NEW if stored is None else Verdict.CHANGED if after != before else _unchanged(before, news)
    incoming.draft.judged(event.type.family, "connection", verdict, 1, provider)
    incoming.draft.note(About(provider, "", None))


def _unchanged(before: connections.Connection, news: connections.Connection) -> Verdict:
    return (
        Verdict.SAME
        if news.created in (None, before.created) and news.failed in (None, before.failed)
        else Verdict.STALE
    )


def fold_device(incoming: Incoming, reading: DeviceReading) -> None:
    device, event = reading.entity, incoming.event
    provider = device.source.provider
    link = connections.EMPTY if provider == UNKNOWN else connection_rows.load(incoming, provider)
    state = [event.user_id, event.type.resource, device.id]
    incoming.draft.note(About(provider, device.source.type, None))
    to = Destination(reading.topic, [event.user_id, device.id], state)
    fold_entity(incoming, device, to, Joined(device.source, link))


AGENT = Agent({Family.CONNECTION: fold_connection, Family.DEVICE: fold_device})
