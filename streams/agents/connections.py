"""provider.connection.* and provider.device.*: the state of a user's links, and the user's devices."""

from streams.agents.steps import fetch_requests
from streams.agents.steps.common_fields import Delivered, Outlet, body_of, delivered, store_link
from streams.agents.steps.deliveries import fold_unread
from streams.agents.steps.drift import note
from streams.agents.steps.entities import fold_entity
from streams.events import topics
from streams.events.types import Family, Record
from streams.kafka.codec import Codec
from streams.payloads import drift, summary
from streams.payloads.decode import Control, decode
from streams.payloads.source import UNKNOWN
from streams.tables import connections
from streams.tables.draft import Draft, Fold
from streams.tables.keys import state_key
from streams.tables.sources import Policy
from streams.tables.verdicts import Verdict


def make(codec: Codec, prefix: str, policy: Policy) -> Fold:
    outlet = Outlet(codec, prefix)
    by_family = {Family.CONNECTION: _connection, Family.DEVICE: _device}

    def fold(record: Record, draft: Draft) -> None:
        how = delivered(record)
        control = decode(body_of(record))
        step = by_family.get(control.event.type.family)
        if step is None or not isinstance(control, Control):
            fold_unread(draft, outlet, policy, control, how)
            return
        step(draft, outlet, control, how)

    return fold


def _connection(draft: Draft, outlet: Outlet, control: Control, how: Delivered) -> None:
    event = control.event
    provider, news = connections.read_event(event.type.action, control.data, how.at_ms)
    stored = draft.get("connections", state_key(event.user_id, provider))
    before = connections.decode(stored)
    after = connections.merge(before, news)
    store_link(draft, outlet, event, how, provider, before, after)
    fetch_requests.after_connection(draft, outlet, event, how, provider, before, after)
    verdict = Verdict.NEW if stored is None else Verdict.CHANGED if after != before else _unchanged(before, news)
    draft.count("verdicts", event.type.family, "connection", verdict)
    note(draft, outlet, event, how, drift.of_connection(event, control.data, provider))


def _unchanged(before: connections.Connection, news: connections.Connection) -> Verdict:
    return (
        Verdict.SAME
        if news.created in (None, before.created) and news.failed in (None, before.failed)
        else Verdict.STALE
    )


def _device(draft: Draft, outlet: Outlet, control: Control, how: Delivered) -> None:
    device = summary.read(control.event, control.data)
    user_id, provider = control.event.user_id, device.source.provider
    stored = None if provider == UNKNOWN else draft.get("connections", state_key(user_id, provider))
    fold_entity(
        draft, outlet, device, how, topic=topics.DEVICES, key=[user_id, device.id], source=device.source,
        state=[user_id, control.event.type.resource, device.id], link=connections.decode(stored),
    )  # fmt: skip
    note(draft, outlet, control.event, how, drift.of_summary(device))
