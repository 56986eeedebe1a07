"""`fetch`: a person asks for a span of one user's data. The request joins the same queue as every other."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from streams.events import ids, topics
from streams.events.providers import not_expected
from streams.events.resources import RESOURCES, normalise
from streams.events.times import since_epoch
from streams.kafka.send import send
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.status import client
from streams.tables.history import request as requests
from streams.tables.history import windows
from streams.tables.history.request import RANGELESS, Priority, Request, Why, new_id
from streams.tables.history.windows import DAY_US, Span

DAYS = 30


def ask(
    settings: Settings,
    user_id: str,
    providers: list[str],
    resources: list[str],
    start: datetime | None,
    end: datetime | None,
) -> list[Request]:
    """Put the requests into the queue; answers them. Raises Misconfigured or Unavailable.

    Without both provider and resource named, a worker is asked what is connected.
    """
    settings.need_kafka()
    user_id, span = ids.canonical(user_id), _span(start, end, datetime.now(UTC))
    pairs = _pairs(settings, user_id, providers, [_known(name) for name in resources])
    asked_ms = int(time.time() * 1000)
    made = [_request(user_id, provider, resource, span, asked_ms) for provider, resource in pairs]
    send(settings, rows(settings, made), "the request")
    return made


def _span(start: datetime | None, end: datetime | None, now: datetime) -> Span:
    """What is asked for, cut to where there can be data. Raises Misconfigured where nothing is left."""
    now_us = since_epoch(now)
    until_us = _micros(end) if end else now_us
    since_us = _micros(start) if start else until_us - DAYS * DAY_US
    if since_us >= until_us:
        raise Misconfigured("--from is not before --to")
    span = windows.reachable((since_us, until_us), now_us)
    if span is None:
        raise Misconfigured("nothing to fetch: Junction has no data from before 2000, nor from the future")
    return span


def _micros(moment: datetime) -> int:
    """UTC, where no zone is named."""
    return since_epoch(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _known(resource: str) -> str:
    name = normalise(resource)
    if name not in RESOURCES or RESOURCES[name].legacy:
        raise Misconfigured(f"no resource {resource}; docs/catalogue.md lists them")
    return name


def _pairs(settings: Settings, user_id: str, providers: list[str], resources: list[str]) -> list[tuple[str, str]]:
    if providers and resources:
        return [(provider, resource) for provider in providers for resource in resources]
    view = client.ask(settings, user_id)
    found = [
        (link["provider"], resource)
        for link in view["connections"]
        for resource in link["resources_available"]
        if (not providers or link["provider"] in providers) and (not resources or resource in resources)
    ]
    pairs = [pair for pair in found if not_expected(*pair, has_range=True) in (None, "history_comes_as_events")]
    if not pairs:
        raise Misconfigured("nothing to fetch: no such connection is known; name --provider and --resource to insist")
    return pairs


def _request(user_id: str, provider: str, resource: str, span: Span, asked_ms: int) -> Request:
    start_us, end_us = (0, 0) if resource in RANGELESS else span
    id = new_id("person", user_id, provider, resource, asked_ms)
    return Request(id, user_id, provider, resource, start_us, end_us, Why.PERSON, Priority.NORMAL)


Row = tuple[str, bytes, bytes, int]  # topic, key, value, partition


def rows(settings: Settings, made: Sequence[Request]) -> list[Row]:
    """Requests as records, each in its user's partition."""
    topic = f"{settings.topic_prefix}.{topics.FETCH_JOBS}"
    return [
        (
            topic,
            topics.key_of(*one.key),
            requests.encode(one),
            topics.partition_for(one.user_id, settings.partitions),
        )
        for one in made
    ]
