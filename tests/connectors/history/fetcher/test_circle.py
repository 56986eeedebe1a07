"""The whole circle without Kafka: notices come, the worker asks, a fetcher fetches, what it stores comes back."""

import random
from collections import Counter

from connectors.history.fetcher.page_fetcher import PageFetcher
from streams.events import topics
from streams.events.message_ids import ksuid_time_ms
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.options import ApiOptions
from streams.simulator.api.serve import running
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.truth import Truth
from tests.connectors.history.fetcher.memory import Fetcher
from tests.connectors.junction.scripted import settings_for
from tests.folding import Clean, RawRecord, Worker, raw
from tests.simulator.worlds import END_MS, world

WORLD = world(users=5, days=1, days_of_history=33)  # longer than the first window of summaries
AT_ONCE = 300


def delivered() -> list[RawRecord]:
    """The webhooks as they come."""
    attempts = schedule(WORLD.events(), Faults(4, duplicates=0.1, late=0.05, reorder_window_s=20_000))
    events = [attempt.event for attempt in attempts]
    return [raw(one.body, at_ms=ksuid_time_ms(one.message_id) or 0, id=one.message_id) for one in events]


def mixed(records: list[RawRecord], chance: random.Random) -> list[RawRecord]:
    """Topics are read side by side, each in its order."""
    left = {record.topic: [one for one in reversed(records) if one.topic == record.topic] for record in records}
    return [chance.choice([one for one in left.values() if one]).pop() for _ in records]


async def test_every_history_comes_to_its_end() -> None:
    """All that there is comes out once, each history says that it is complete or empty, and no call is made twice but
    for a workout that both an event and its history name."""
    worker, told, chance = Worker(), list[Clean](), random.Random(5)
    async with running(FakeApi(WORLD, ApiOptions(page_size=200))) as url:
        page_fetcher = PageFetcher(settings_for(url, junction_api_key=KEY))
        page_fetcher.open()
        fetcher, live, seen = Fetcher(END_MS + 3_600_000), delivered(), 0
        while live or worker.requests or seen < len(fetcher.stored):
            for request in worker.requests:
                fetcher.take(request)
            worker.requests.clear()
            await fetcher.run(page_fetcher.fetch)
            now, live, stored, seen = live[:AT_ONCE], live[AT_ONCE:], fetcher.stored[seen:], len(fetcher.stored)
            told += [clean for record in mixed([*now, *stored], chance) for clean in worker.run(record)]
    report = Truth.of_world(WORLD).compare([(one.topic, one.key.encode(), one.record) for one in told])
    assert report.is_right, report
    last = {one.key: one.record["status"] for one in told if one.topic == topics.BACKFILLS}
    assert set(last.values()) <= {"complete", "empty", "not_expected"}
    assert Counter(last.values())["complete"] > 30
    again = [key for (key, _), n in fetcher.calls.items() if n > 1]
    assert {key[2] for key in again} <= {"workout_stream"}
    assert len(again) <= 0.02 * len(fetcher.calls)
