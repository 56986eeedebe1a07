"""Backfill and webhooks of the same days say no more than webhooks alone. No Kafka; the fake API over real HTTP."""

import asyncio
import random
from functools import cache
from typing import Any

import pytest

from connectors.history.fetcher.page_fetcher import PageFetcher
from connectors.junction import has_endpoint
from streams.events.message_ids import ksuid_time_ms
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.options import ApiOptions
from streams.simulator.api.serve import running
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth import facts
from streams.tables.history.request import Request, Why
from tests.connectors.history.fetcher.memory import Fetcher
from tests.connectors.junction.scripted import settings_for
from tests.folding import RawRecord, Worker, raw
from tests.simulator.fake import history_span
from tests.simulator.worlds import END_MS, world

WORLD = world(users=8, days=1)
BEFORE_MS, AFTER_MS = WORLD.start_ms - 3_600_000, END_MS + 3_600_000
STREAMS = "workout_stream"  # only the API has them


def requests() -> list[Request]:
    """Everything of everybody, as a person would ask for it."""
    span = history_span(WORLD)
    return [
        Request(f"bf-{person.index}-{link.provider.slug}-{resource}", person.user_id, link.provider.slug, resource,
                *((0, 0) if resource == "profile" else span), Why.PERSON)
        for person in WORLD.people
        for link in person.links
        for resource in link.resources
        if has_endpoint(resource) and resource != STREAMS
    ]  # fmt: skip


@cache
def fetched(at_ms: int) -> tuple[RawRecord, ...]:
    """What a fetcher stores that began at that time: events, and its words."""

    async def fetch() -> Fetcher:
        fetcher = Fetcher(at_ms)
        async with running(FakeApi(WORLD, ApiOptions(page_size=100))) as url:
            page_fetcher = PageFetcher(settings_for(url, junction_api_key=KEY))
            page_fetcher.open()
            for request in requests():
                fetcher.take(request)
            await fetcher.run(page_fetcher.fetch)
        jobs = [fetcher.job(request) for request in requests()]
        assert all(job and (not job.is_open or job.asked) for job in jobs)
        return fetcher

    return tuple(asyncio.run(fetch()).stored)


def delivered() -> list[RawRecord]:
    """The webhooks as they come: repeated, and out of order."""
    attempts = schedule(WORLD.events(), Faults(4, duplicates=0.1, late=0.05, reorder_window_s=20_000))
    events = [attempt.event for attempt in attempts]
    return [
        raw(event.body, at_ms=ksuid_time_ms(event.message_id) or 0, id=event.message_id, offset=offset)
        for offset, event in enumerate(events)
    ]


def said(records: list[RawRecord]) -> dict[Any, Any]:
    """What the clean topics say last of each thing: content, and whether its source is to be taken."""
    worker, last = Worker(), {}
    for record in records:
        for clean in worker.run(record):
            if clean.topic != "backfills":  # they tell of the fetching itself
                for fact in facts.of_record(clean.topic, clean.key.encode(), clean.record):
                    last[fact.key] = fact.content, fact.preferred if "times" not in clean.record else None
    return last


@cache
def alone() -> dict[Any, Any]:
    return said(delivered())


@pytest.mark.parametrize("at_ms", [BEFORE_MS, AFTER_MS])
@pytest.mark.parametrize("order", ["backfill first", "webhooks first", "mixed"])
def test_a_backfill_adds_nothing_to_webhooks(order: str, at_ms: int) -> None:
    """In whichever order they come, and whenever the API was asked: the same keys with the same content."""
    past, live = list(fetched(at_ms)), delivered()
    streams = {"backfill first": [past, live], "webhooks first": [live, past]}.get(order)
    records = [*streams[0], *streams[1]] if streams else _mixed(past, live)
    both = said(records)
    assert len(alone()) > 3_000
    assert both.keys() == alone().keys()
    assert [key for key in both if both[key] != alone()[key]] == []


def _mixed(*streams: list[RawRecord]) -> list[RawRecord]:
    """Each in its own order, in one."""
    chance, left = random.Random(3), [list(reversed(stream)) for stream in streams]
    return [chance.choice([one for one in left if one]).pop() for _ in range(sum(map(len, left)))]
