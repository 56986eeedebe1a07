"""What a body says, and what a clean record says, in one form, so that the two can be compared.

Written apart from the product's decoding and deduplication: of those it shares only the table of resources and the
schemas' own words about where a field comes from. A fact has a key, which begins with the short name of its clean
topic, and a content; equal meaning gives equal content.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from streams.events import Family, Kind, parse_type, resources, topics
from streams.simulator.truth import fields
from streams.simulator.truth.fact import Fact, Json, version_of
from streams.simulator.truth.labs import of_lab, of_lab_record, of_row_record, of_rows
from streams.simulator.truth.links import of_backfill, of_backfill_record, of_connection, of_connection_record
from streams.simulator.truth.samples import of_batch, of_other_samples_record, of_samples_record
from streams.simulator.truth.summaries import of_summary, of_summary_record
from streams.simulator.world import odd_bodies
from streams.simulator.world.world import Event

OfEvent = Callable[[Event, str, Any], Iterator[Fact]]  # of the event, its resource, its `$.data`
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, msgspec.MsgspecError)


def of_event(event: Event) -> Iterator[Fact]:
    """Everything that the clean topics have to know about an event once it is the newest of its key."""
    if event.meaning == odd_bodies.NOTHING:
        return
    body = msgspec.json.decode(event.body if event.meaning is None else event.meaning)
    kind = parse_type(event.event_type)
    of_family: OfEvent = _OF_FAMILY.get(kind.family, _of_other)
    yield from of_family(event, kind.resource, body["data"])


def of_record(topic: str, key: bytes, record: Json) -> Iterator[Fact]:
    """The same facts as a clean record states them. `topic`: short name; `record`: decoded Avro."""
    if topic in _WITHOUT_FACTS:
        return
    if topic in _OF_TOPIC:
        yield from _OF_TOPIC[topic](record)
    elif topic == topics.DEVICES:
        yield Fact((topic, key.decode()), fields.of_record("Device", record))
    elif resources.RESOURCES[topic].kind is Kind.SUMMARY:
        yield from of_summary_record(topic, key, record)
    else:
        is_number = topics.schema_of(topic) == "Samples"
        yield from (of_samples_record if is_number else of_other_samples_record)(topic, record)


def _of_device(event: Event, resource: str, data: Json) -> Iterator[Fact]:
    key = f"{event.user_id}:{data['id']}"
    yield Fact((topics.DEVICES, key), fields.of_body("Device", data), version_of(event))


def _of_other(event: Event, resource: str, data: Json) -> Iterator[Fact]:
    # By owner: what a pipeline calls an event is unique for one user and type alone.
    yield Fact((topics.OTHER, event.user_id, event.delivery_id), event.event_type, version_of(event))


def _of_other_record(record: Json) -> Iterator[Fact]:
    said = record["delivery"]
    yield Fact((topics.OTHER, record["user_id"] or "", said["id"]), said["event_type"])


_OF_FAMILY: Mapping[Family, OfEvent] = {
    Family.TIMESERIES: of_batch,
    Family.SUMMARY: of_summary,
    Family.CONNECTION: of_connection,
    Family.BACKFILL: of_backfill,
    Family.DEVICE: _of_device,
    Family.LAB: of_lab,
    Family.QUERY: of_rows,
}
_OF_TOPIC: Mapping[str, Callable[[Json], Iterator[Fact]]] = {
    topics.OTHER: _of_other_record,
    topics.CONNECTIONS: of_connection_record,
    topics.BACKFILLS: of_backfill_record,
    topics.LABS: of_lab_record,
    topics.QUERY_RESULTS: of_row_record,
}
# Drift is about Junction, not about a user. `Truth` asks for preferences itself. Alerts follow from the data.
_WITHOUT_FACTS = frozenset({topics.DRIFT, topics.PREFERENCES, topics.ALERTS, topics.ALERT_DELIVERIES})
