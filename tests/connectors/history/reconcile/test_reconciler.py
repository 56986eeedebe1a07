"""A run over everybody: one client and one producer, several users at once, results in Junction's order."""

import asyncio
import gc
import json
import ssl
from asyncio import TimerHandle
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from contextvars import Context
from types import MethodType

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from connectors.history.reconcile.findings import ReconcileVerdict, UserReconciliation
from connectors.history.reconcile.reconciler import reconcile
from connectors.history.reconcile.scheduled_run import reconcile_all
from connectors.junction import Refused, open_client
from streams.cli.show.reconcile import print_reconciliations
from streams.cli.show.reconcile_progress import reconcile_users
from streams.events import topics
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from tests.connectors.history.reconcile.circle import PAGE, circle
from tests.connectors.junction.scripted import http, scripted

USERS = [f"user-{n:03}" for n in range(45, 0, -1)]  # not in the order of any sorting
KINDS = (ssl.SSLContext, Producer, httpx.AsyncClient, httpx.Client)


async def everybody(settings: Settings, user_id: str = "", *, fetch: bool = False) -> list[UserReconciliation]:
    async with open_client(settings) as client, aclosing(reconcile(settings, client, user_id, fetch=fetch)) as found:
        return [one async for one in found]


def stored(settings: Settings, topic: str) -> list[bytes]:
    """Keys of all records of a topic."""
    consumer = Consumer(for_librdkafka(settings) | {"group.id": "reader", "enable.partition.eof": True, "log_level": 0})
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
            ("oura", "sleep", ReconcileVerdict.NOT_FETCHED)
        }
        assert len(api.requests) == len(USERS) + -(-len(USERS) // PAGE)
        assert 1 < api.most_at_once <= settings.junction_requests_at_once
        for topic in (topics.RECONCILIATIONS, topics.FETCH_JOBS):
            keys = await asyncio.to_thread(stored, settings, topic)
            assert Counter(keys) == Counter(f"{user}:oura:sleep".encode() for user in USERS)
        assert await everybody(settings) == [UserReconciliation(one.user_id, one.findings) for one in found]


async def test_a_cursor_that_ends_during_a_run_costs_no_user() -> None:
    """The walk begins anew, and nobody is compared twice."""
    async with circle(USERS, forgets={str(PAGE), str(3 * PAGE)}) as (settings, _):
        assert [one.user_id for one in await everybody(settings)] == USERS


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
    counts, objects = dict[int, Counter[type]](), dict[int, Counter[type]]()
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
                # Without timers, and the methods that they call: the fake API runs in this process, and its server
                # makes one for each answer.
                objects[seen] = Counter(
                    type(one) for one in gc.get_objects() if not isinstance(one, TimerHandle | Context | MethodType)
                )
    assert counts[10] == counts[60]
    # By type: threads of what other tests have started in this process make a few objects of many.
    assert [(kind, n) for kind, n in (objects[130] - objects[70]).items() if n >= 60] == []


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
            await reconcile_all(lost, client)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(http(422), "invalid"), (http(200, b"[]"), "bad_shape"), (http(200, b'{"data":' + b"[" * 5_000), "too_deep")],
)
async def test_a_user_that_cannot_be_compared_costs_nobody_else(answer: bytes, reason: str) -> None:
    """It is named with the reason, all others are compared; asked for alone, it is an error."""
    async with circle(USERS[:12], {USERS[3]: answer}) as (settings, _):
        found = await everybody(settings)
        assert {one.user_id: one.trouble for one in found if one.trouble} == {USERS[3]: reason}
        assert [one.user_id for one in found if one.findings] == [user for user in USERS[:12] if user != USERS[3]]
        assert [one.user_id for one in found if one.is_complete] == []
        assert next(one for one in found if one.trouble).brief().trouble == reason
        with pytest.raises(Refused, match=reason):
            await everybody(settings, USERS[3])


@pytest.mark.parametrize(
    "view",
    [b"[]", b"{}", b"nothing", b'{"connections":[],"resources":[{}],"backfills":[]}', b'{"connections":[]}', b"\xff"],
)
async def test_a_worker_that_answers_strangely_is_no_end(view: bytes) -> None:
    """Each user is told as not compared, and the scheduled run comes to its end."""
    async with circle(USERS[:3]) as (settings, _), scripted(http(200, view)) as worker:
        odd = settings.model_copy(update={"query_url": worker.url})
        assert {one.trouble for one in await everybody(odd)} == {"strange_answer"}
        async with open_client(odd) as client:
            await reconcile_all(odd, client)


async def test_the_command_names_who_could_not_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the summary, which stays the same for machines; and it exits with 1, as where something is missing."""
    users = ["[link=http://x]a\x1b[2J", *USERS[:2]]
    async with circle(users, {users[0]: http(422)}) as (settings, _):
        found = await reconcile_users(settings, "", fetch=False)
    assert not print_reconciliations(found, one_user=False, as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out.splitlines()[-1])["users"] == 3
    assert "1 users could not be compared" in said.err
    assert "invalid" in said.err


@pytest.mark.parametrize("user", ["..", "x" * 300, "a/../../healthz"])
async def test_a_user_whose_id_is_none_costs_nobody_else(user: str) -> None:
    """Junction names it, and it cannot be a part of a path; one that looks like a path is asked for as an id."""
    async with circle([user, *USERS[:3]]) as (settings, _):
        found = await everybody(settings)
        assert [bool(one.trouble) for one in found] == ["healthz" not in user, False, False, False]
