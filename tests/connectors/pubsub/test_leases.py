"""For how long what the door holds is its own, on Google's fake, whose clock is put on. No Kafka is needed."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from connectors.pubsub.leases import LEASE_S
from connectors.pubsub.source import PubSubSource
from streams.demo.pipelines.pubsub import LATER_S, FakePubSub
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from tests.connectors.pubsub.topics import Sent, publish, subscribe, waiting
from tests.doors import body_of

BODIES = [body_of(n) for n in range(6)]


@pytest.fixture
def away(pubsub: FakePubSub, prefix: str) -> Settings:
    """Settings for Pub/Sub alone; 4 messages are held at most."""
    return Settings(
        _env_file=None,
        pubsub_endpoint=pubsub.endpoint,
        pubsub_subscription=f"projects/clinic/subscriptions/{prefix}",
        pubsub_topic=f"projects/clinic/topics/{prefix}",
        source_messages_max=4,
    )


def held(settings: Settings, use: Callable[[PubSubSource, list[bytes]], Awaitable[None]], **changes: object) -> None:
    """With six messages published, and the source holding as many as it may."""

    async def run() -> None:
        await subscribe(settings, ack_deadline_seconds=10, **changes)
        await publish(settings, [Sent(body) for body in BODIES])
        source = PubSubSource(settings)
        try:
            first = await source.receive(1)
            await asyncio.gather(*source._pulls)
            await use(source, [one.open().body for one in first])
        finally:
            await source.close()

    asyncio.run(run())


def test_what_is_held_is_bounded(away: Settings) -> None:
    """However often it is asked; the others wait in Pub/Sub, for whoever asks."""

    async def use(source: PubSubSource, given: list[bytes]) -> None:
        ahead = [one.open().body for one in source._ahead]
        assert len(given + ahead) == 4
        others = await waiting(away)
        assert sorted(given + ahead + others) == BODIES

    held(away, use)


def test_without_extension_a_lease_ends(away: Settings, pubsub: FakePubSub) -> None:
    """The clock of the fake is one that counts: else the next tests would prove nothing."""

    async def use(source: PubSubSource, given: list[bytes]) -> None:
        pubsub.later()
        assert len(await waiting(away)) == 6

    held(away, use)


def test_extended_is_all_that_is_held(away: Settings, pubsub: FakePubSub) -> None:
    """Kafka may be away for many times the deadline of the subscription: nothing held is handed out twice, neither what
    is worked on nor what was pulled ahead."""
    assert LATER_S < LEASE_S

    async def use(source: PubSubSource, given: list[bytes]) -> None:
        assert len(await waiting(away)) == 2
        for _ in range(4):
            await source.extend([])
            pubsub.later()
            assert len(await waiting(away)) == 2  # those of before: nobody extends them

    held(away, use)


def test_extended_while_nobody_asks(away: Settings, pubsub: FakePubSub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long batch, too, holds its own and what was pulled ahead: time alone decides."""
    monkeypatch.setattr("connectors.pubsub.leases.EXTEND_S", 0.001)

    async def use(source: PubSubSource, given: list[bytes]) -> None:
        extended = asyncio.Event()
        extend = source._leases.extend

        async def tell() -> None:
            await extend()
            extended.set()

        monkeypatch.setattr(source._leases, "extend", tell)
        for _ in range(3):
            extended.clear()
            await extended.wait()
            pubsub.later()
        assert len(await waiting(away)) == 2

    held(away, use)


def test_what_is_acknowledged_is_gone(away: Settings, pubsub: FakePubSub) -> None:
    """And its place is taken by the next ones."""

    async def use(source: PubSubSource, given: list[bytes]) -> None:
        seen = [*given]
        source._given, messages = {}, [*source._given.values()]
        await source.acknowledge(messages)
        while len(seen) < 6:
            messages = await source.receive(1)
            seen += [one.open().body for one in messages]
            await source.acknowledge(messages)
        assert sorted(seen) == BODIES
        pubsub.later()
        assert await waiting(away) == []

    held(away, use)


def test_given_back_at_the_end(away: Settings) -> None:
    """What was released, and what was pulled ahead: others have it at once, not after a deadline."""

    async def run() -> None:
        await subscribe(away)
        await publish(away, [Sent(body) for body in BODIES])
        source = PubSubSource(away)
        messages = await source.receive(1)
        await source.release(messages)
        await source.close()
        await source.close()
        assert sorted(await waiting(away)) == BODIES

    asyncio.run(run())


def test_ordered_ones_are_given_back_in_order(away: Settings) -> None:
    """One message of a user is open until it is settled; given back, it comes again before those behind it."""

    async def run() -> None:
        await subscribe(away)
        await publish(away, [Sent(body, key="u") for body in BODIES])
        source = PubSubSource(away)
        messages = await source.receive(10)
        assert [one.open().body for one in messages] == BODIES[:1]
        await source.release(messages)
        await source.close()
        assert await waiting(away) == BODIES[:1]

    asyncio.run(run())


def test_after_an_error_the_same_again(away: Settings) -> None:
    """What was handed out and not acknowledged is received again, first and in order, without a new delivery."""

    async def use(source: PubSubSource, given: list[bytes]) -> None:
        again = await source.receive(10)
        assert again[0].open().body == given[0]
        assert len(again) == 4

    held(away, use)


def test_an_acknowledgement_that_was_not_heard_is_said_again(
    away: Settings, pubsub: FakePubSub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka has the message: that Pub/Sub did not answer for a moment is no reason to publish it again."""

    async def use(source: PubSubSource, given: list[bytes]) -> None:
        messages = [*source._given.values()]
        with monkeypatch.context() as patch:
            patch.setattr("connectors.pubsub.leases.ANSWER_S", 0.05)
            pubsub.pause()
            await asyncio.sleep(0.1)  # each of its threads stops when it next enters the kernel
            try:
                with pytest.raises(Unavailable, match="does not answer"):
                    await source.acknowledge(messages)
            finally:
                pubsub.resume()
        again = await source.receive(10)
        assert given[0] not in [one.open().body for one in again]
        await source.close()
        assert sorted([*given, *await waiting(away)]) == BODIES

    held(away, use)
