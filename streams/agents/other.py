"""Query results, checkout, operational webhooks, and every event type that we do not know: kept, passed on, counted."""

from streams.agents.steps.deliveries import REMEMBERED, fold_delivery
from streams.agents.steps.entities import Destination, fold_entity
from streams.agents.steps.folding import Agent
from streams.agents.steps.incoming import Incoming
from streams.events import Family
from streams.payloads import queries
from streams.tables.readings import QueryReading


def fold_query(incoming: Incoming, reading: QueryReading) -> None:
    """Each row is an entity; a body without rows is emitted once a delivery."""
    if reading.rows is None:
        fold_delivery(incoming, reading.data, reading.topic, "", queries.no_rows(reading.data))
        return
    for row in reading.rows:
        key = [incoming.event.user_id, row.fields["query_id"]]
        fold_entity(incoming, row, Destination(reading.topic, key, queries.state_parts(row)), more=REMEMBERED)


AGENT = Agent({Family.QUERY: fold_query}, frozenset(Family) - {Family.SUMMARY, Family.TIMESERIES})
