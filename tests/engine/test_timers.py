"""Timers and deliveries that are in Kafka, but hidden by an open transaction."""

import pytest
from confluent_kafka import Producer

from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.engine.rig import Rig

KEYS = [b"key-%d" % i for i in range(64)]


def places(rig: Rig) -> tuple[int, bytes]:
    """The partition of the first key, and a key of another one."""
    rig.feed(KEYS)
    partitions = {m.key(): m.partition() for m in rig.read(rig.topic("raw.a"))}
    return partitions[KEYS[0]], next(key for key, one in partitions.items() if one != partitions[KEYS[0]])


@pytest.mark.parametrize(("broken", "is_called_silent"), [("", False), ("stable_offset_ends", True)])
def test_a_sign_behind_an_open_transaction(settings: Settings, broken: str, is_called_silent: bool) -> None:
    """Somebody is not called silent while a delivery waits behind a transaction that nobody has ended yet.

    With timers that trust the last stable offset (mutation `stable_offset_ends`) she is.
    """
    rig = Rig(settings, env={"BREAK": broken} if broken else {})
    try:
        partition, elsewhere = places(rig)
        rig.start()
        rig.feed(KEYS[:1], value=b"quiet")
        rig.drain()
        other = Producer(for_librdkafka(settings) | {"transactional.id": f"{settings.topic_prefix}-other"})
        other.init_transactions(30)
        other.begin_transaction()
        other.produce(rig.topic("raw.a"), b"x", b"of a fetcher", partition)
        other.flush()
        rig.feed(KEYS[:1], value=b"sign")
        rig.feed([elsewhere], value=b"quiet")
        rig.until(lambda: b"silence|" + elsewhere in rig.keys(rig.topic("out")), 30, "timers do not fire")
        other.commit_transaction(30)
        rig.drain()
        rig.stop()
        assert (b"silence|" + KEYS[0] in rig.keys(rig.topic("out"))) is is_called_silent
    finally:
        rig.close()


def test_silence_behind_an_aborted_transaction(rig: Rig) -> None:
    """Aborted records at the end of a quiet partition do not hold up its timers while others are busy."""
    partition, elsewhere = places(rig)
    rig.start()
    rig.feed(KEYS[:1], value=b"quiet")
    rig.drain()
    other = Producer(for_librdkafka(rig.settings) | {"transactional.id": f"{rig.settings.topic_prefix}-other"})
    other.init_transactions(30)
    other.begin_transaction()
    other.produce(rig.topic("raw.a"), b"x", b"of a fetcher", partition)
    other.flush()
    other.abort_transaction(30)

    def is_told() -> bool:
        rig.feed([elsewhere])
        return b"silence|" + KEYS[0] in rig.keys(rig.topic("out"))

    rig.until(is_told, 20, "the timer waits for the next record of its partition")
