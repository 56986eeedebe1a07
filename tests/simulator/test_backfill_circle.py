"""Once around: everything fetched from the fake API through the client, become events, folded together with the
deliveries. The clean topics must say what the truth of events and history says, whatever came first. No Kafka.
"""

import asyncio
import random
from functools import cache

import msgspec
import pytest

from connectors.junction import bodies, has_endpoint
from connectors.junction.workout_stream import WorkoutStream
from streams.events import resources, topics
from streams.events.headers import Delivery, Origin, cloud_headers
from streams.events.identity import identify
from streams.events.record_keys import raw_key
from streams.simulator.api.options import ApiOptions, Fault
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.truth import Truth
from streams.simulator.world.workout_streams import workouts_of
from tests.simulator.fake import fake, history_span, pages_of
from tests.simulator.test_against_folds import Core, Raw, rfc3339, stored
from tests.simulator.worlds import END_MS, world

WORLD = world(users=8, days=1, days_of_history=4)
FETCHED_MS = END_MS + 3_600_000
# What may happen to answers while they are fetched; the data that change are what the next page mends.
FAULTS = {Fault.UNAVAILABLE: 0.05, Fault.CUT: 0.05, Fault.CHANGED_DATA: 0.3, Fault.EMPTY_PAGE: 0.1}


@cache
def fetched() -> tuple[bytes, ...]:
    """Every resource of every connection, as events, in the order in which they were fetched."""

    async def ask() -> list[bytes]:
        options = ApiOptions(page_size=50, faults=FAULTS, early_for_s=0)
        async with fake(WORLD, options) as (_, client):
            found: list[bytes] = []
            for person in WORLD.people:
                for link in person.links:
                    for name in filter(has_endpoint, link.resources):
                        pages = await pages_of(client, name, person.user_id, history_span(WORLD), link.provider.slug)
                        found += [body for page in pages for body in bodies(page, person.user_id)]
                for id, link, _ in workouts_of(WORLD, person):
                    found += stream_of(await client.workout_stream(id), person.user_id, id, link.provider.slug)
            return found

    return tuple(asyncio.run(ask()))


def stream_of(found: WorkoutStream | None, user_id: str, workout_id: str, provider: str) -> list[bytes]:
    """A workout's stream as an event, if there is one."""
    if found is None or not found.times_s:
        return []
    data = {"workout_id": workout_id, "source": {"provider": provider}, "stream": msgspec.Raw(found.json)}
    event = {"event_type": "daily.data.workout_stream.created", "user_id": user_id, "data": data}
    return [msgspec.json.encode(event)]


def raw_of(body: bytes, n: int) -> Raw:
    """What a fetcher stores: its own delivery time, the order of its pages, marked as historical."""
    at_ms = FETCHED_MS + n
    identity = identify(body)
    delivery = Delivery(f"bf.{n}", "api", "oura", rfc3339(at_ms), rfc3339(at_ms), Origin.HISTORICAL, "bf")
    name = topics.raw_topic(identity.type)
    return Raw(name, raw_key(identity), body, cloud_headers(identity, delivery), n, timestamp=at_ms)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth.of_world(WORLD)


@pytest.mark.parametrize("order", ["backfill first", "events first", "mixed"])
def test_backfill_and_events_meet(truth: Truth, order: str) -> None:
    """Nothing is lost, wrong or unexpected, in whichever order history and deliveries come; where both say the same
    thing of a day, it leaves once."""
    attempts = list(schedule(WORLD.events(), Faults(4, duplicates=0.1, late=0.05, reorder_window_s=20_000)))
    live = [stored(one.event, one.due_ms, n) for n, one in enumerate(attempts)]
    past = [raw_of(body, n) for n, body in enumerate(fetched())]
    records = {"backfill first": past + live, "events first": live + past}.get(order) or _mixed(live, past)
    core = Core()
    for record in records:
        core._one(record)
    report = truth.compare(core.clean)
    assert (report.lost, report.wrong, report.unexpected) == (0, 0, 0), report
    assert report.checked > 5_000
    assert any(key[-1] == "stream" for key in truth.newest)
    assert report.repeated == 0


def _mixed(live: list[Raw], past: list[Raw]) -> list[Raw]:
    """Two streams, each in its order, in one."""
    chance, streams = random.Random(3), [list(reversed(live)), list(reversed(past))]
    return [chance.choice([stream for stream in streams if stream]).pop() for _ in range(len(live) + len(past))]


def test_everything_of_the_history_can_be_fetched() -> None:
    """What the truth wants of the history is in the fetched events, resource by resource."""
    names = {identify(body).type.resource for body in fetched()}
    wanted = {identify(event.body).type.resource for event in WORLD.history()}
    assert wanted <= names
    assert names <= set(resources.RESOURCES)
