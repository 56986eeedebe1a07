"""A run over everybody: one client and one producer, several users at once, results in Junction's order."""

import asyncio
import gc
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from streams import topics
from streams.errors import Unavailable
from streams.junction import open_client
from streams.reconcile.compare import Verdict
from streams.reconcile.run import Reconciled, all_users, reconcile
from streams.settings import Settings
from tests.reconcile.circle import PAGE, circle

USERS = [f"user-{n:03}" for n in range(45, 0, -1)]  # not in the order of any sorting
KINDS = (ssl.SSLContext, Producer, httpx.AsyncClient, httpx.Client)


async def everybody(settings: Settings, user_id: str = "", *, fetch: bool = False) -> list[Reconciled]:
    async with open_client(settings) as client, aclosing(reconcile(settings, client, user_id, fetch=fetch)) as found:
        return [one async for one in found]


def stored(settings: Settings, topic: str) -> list[bytes]:
    """Keys of all records of a topic."""
    consumer = Consumer(settings.librdkafka | {"group.id": "reader", "enable.partition.eof": True, "log_level": 0})
    consumer.assign([TopicPartition(f"junction.{topic}", n, 0) for n in range(settings.partitions)])
    found, ended = [], 0
    while ended < settings.partitions:
        for message in consumer.consume(100, 0.5):
            ended += message.error() is not None
            found += [message.key()] if message.error() is None else []
    consumer.close()
    return found


async def test_users_come_in_the_order_in_which_junction_names_them() -> None:
    """However many are asked about at once, and twice the same; each is stored, and asked for, once."""
    async with circle(USERS) as (settings, api):
        found = await everybody(settings, fetch=True)
        assert [one.user_id for one in found] == USERS
        assert {(f.provider, f.resource, f.verdict) for one in found for f in one.findings} == {
            ("oura", "sleep", Verdict.NOT_FETCHED)
        }
        assert len(api.requests) == len(USERS) + -(-len(USERS) // PAGE)
        assert 1 < api.most_at_once <= settings.junction_requests_at_once
        for topic in (topics.RECONCILIATIONS, topics.FETCH_JOBS):
            keys = await asyncio.to_thread(stored, settings, topic)
            assert Counter(keys) == Counter(f"{user}:oura:sleep".encode() for user in USERS)
        assert await everybody(settings) == [Reconciled(one.user_id, one.findings) for one in found]


async def test_one_user_is_what_it_is_among_all() -> None:
    """Asked for alone, the findings are the same."""
    async with circle(USERS[:3]) as (settings, _):
        (alone,) = [one for one in await everybody(settings, USERS[1]) if one.user_id == USERS[1]]
        assert alone in await everybody(settings)


def made() -> Counter[type]:
    return Counter(kind for one in gc.get_objects() for kind in KINDS if isinstance(one, kind))


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What is let go of in a circle stays, and can be counted."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def test_nothing_is_made_for_each_user(no_collector: None) -> None:
    """One TLS context, one client, one producer a run: behind sixty users there are as many as behind ten, though no
    collector has run; and when one has, no object more stays for each user."""
    counts, objects = dict[int, Counter[type]](), dict[int, int]()
    seen = 0
    async with (
        circle(USERS * 3) as (settings, api),
        open_client(settings) as client,
        aclosing(reconcile(settings, client, "", fetch=True)) as found,
    ):
        async for _ in found:
            seen += 1
            if seen in (10, 60):
                counts[seen] = made()
            if seen in (70, 130):
                del api.requests[:]
                gc.collect()
                objects[seen] = len(gc.get_objects())
    assert counts[10] == counts[60]
    assert objects[130] - objects[70] < 60, objects


async def test_who_leaves_early_leaves_nothing_under_way() -> None:
    """Ctrl-C in the middle: the records of the users that were told are stored, and no task is left."""
    async with circle(USERS) as (settings, api):
        before = asyncio.all_tasks()
        told = list[str]()

        async def run() -> None:
            async with open_client(settings) as client, aclosing(reconcile(settings, client, "", fetch=False)) as found:
                async for one in found:
                    told.append(one.user_id)
                    if len(told) == 5:
                        running.cancel()

        running = asyncio.ensure_future(run())
        with pytest.raises(asyncio.CancelledError):
            await running
        assert told == USERS[:5]
        calls = len(api.requests)
        assert calls < len(USERS)
        assert {task for task in asyncio.all_tasks() - before if "reconcil" in repr(task)} == set()
        keys = await asyncio.to_thread(stored, settings, topics.RECONCILIATIONS)
        assert {f"{user}:oura:sleep".encode() for user in told} <= set(keys)


async def test_a_worker_that_is_away_ends_the_run_with_a_sentence() -> None:
    """The scheduled run says so and goes on at the next one; a person gets the error."""
    async with circle(USERS) as (settings, _):
        lost = settings.model_copy(update={"query_url": "http://127.0.0.1:9"})
        with pytest.raises(Unavailable, match="no worker answers"):
            await everybody(lost)
        async with open_client(lost) as client:
            await all_users(lost, client)
