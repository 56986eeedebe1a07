"""What the command `fetch` does: a person asks for a span of one user's data.

The requests join the queue of all others.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.history.fetch_requests import build_request, request_rows
from streams.events import DAY_US, RESOURCES, ids, normalise, not_expected, since_epoch
from streams.kafka.send import send
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.status import client
from streams.tables.history import Priority, Request, Span, Why, windows

DAYS = 30
Pair = tuple[str, str]  # provider, resource


def request_user_fetch(
    settings: Settings,
    user_id: str,
    providers: Sequence[str],
    resources: Sequence[str],
    start: datetime | None,
    end: datetime | None,
) -> list[Request]:
    """Publish the requests and return them. Raises Misconfigured, Unavailable.

    Without both provider and resource, a worker is asked what is connected.
    """
    settings.need_kafka()
    user_id, span = ids.canonical(user_id), requested_span(start, end, datetime.now(UTC))
    names = [_resource_name(name) for name in resources]
    if providers and names:
        pairs = [(provider, resource) for provider in providers for resource in names]
    else:
        pairs = fetchable_pairs(client.ask(settings, user_id), providers, names)
    asked_ms = int(time.time() * 1000)
    asked = [build_request(Why.PERSON, user_id, *pair, span, asked_ms, Priority.NORMAL) for pair in pairs]
    send(settings, request_rows(settings.topic_prefix, settings.partitions, asked), "the request")
    return asked


def requested_span(start: datetime | None, end: datetime | None, now: datetime) -> Span:
    """The span cut to where there can be data, by default the last DAYS. Raises Misconfigured where nothing is left."""
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


def _resource_name(resource: str) -> str:
    name = normalise(resource)
    if name not in RESOURCES or RESOURCES[name].legacy:
        raise Misconfigured(f"no resource {resource}; docs/catalogue.md lists them")
    return name


def fetchable_pairs(view: Mapping[str, Any], providers: Sequence[str], resources: Sequence[str]) -> list[Pair]:
    """What is connected and has history, of those named; of all where none is. `view`: a worker's answer.

    Raises Misconfigured where nothing is left.
    """
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
