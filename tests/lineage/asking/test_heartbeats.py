"""When gateways took deliveries, and when none did: what is on record of a time, and what is not."""

import time
from itertools import pairwise

import pytest
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.events.times import DAY_MS, HOUR_MS, MINUTE_MS
from streams.kafka import admin
from streams.kafka.login.librdkafka import for_librdkafka
from streams.lineage.asking.heartbeats import GatewaySigns, around, quiet_spans, signs_since
from streams.lineage.delivery.facts import Heartbeats
from streams.lineage.why.facts import QuietSpan
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.tables.history import Outage, outage

T = 1_790_000_000_000
EVERY_MINUTE = tuple(T + n * MINUTE_MS for n in range(60))
WITH_A_GAP = (*EVERY_MINUTE, *(T + 4 * HOUR_MS + n * MINUTE_MS for n in range(60)))
NOW = WITH_A_GAP[-1] + MINUTE_MS


def test_the_signs_around_a_time() -> None:
    """The last one up to it, the first behind, the newest of all; 0 for none behind."""
    signs = GatewaySigns(WITH_A_GAP)
    newest = WITH_A_GAP[-1]
    assert around(signs, T + 90_000) == Heartbeats(T + MINUTE_MS, T + 2 * MINUTE_MS, newest)
    assert around(signs, T) == Heartbeats(T, T + MINUTE_MS, newest)
    assert around(signs, T + 2 * HOUR_MS) == Heartbeats(EVERY_MINUTE[-1], T + 4 * HOUR_MS, newest)
    assert around(signs, newest + 1) == Heartbeats(newest, 0, newest)
    assert around(GatewaySigns(), T) == Heartbeats()


def test_before_the_first_sign_only_outages_are_known() -> None:
    """What Kafka has dropped is not said to have been silence; an outage that is on record has its two ends."""
    away = (T - 3 * DAY_MS, T - 2 * DAY_MS)
    signs = GatewaySigns(EVERY_MINUTE, (away,))
    assert around(signs, away[0] + HOUR_MS) == Heartbeats(*away, EVERY_MINUTE[-1])
    for at_ms in (away[0] - 1, away[1], T - 1):
        with pytest.raises(Unavailable, match=r"go back to 2026-09-21 .* UTC, and no outage"):
            around(signs, at_ms)
    with pytest.raises(Unavailable, match=r"no gateway has written .* \(not all was read\)"):
        around(GatewaySigns(unread="not all was read"), T)


def test_quiet_times() -> None:
    """Gaps above ten minutes that touch the span, whole; the last one lasts until now; a minute of silence is none."""
    signs = GatewaySigns(WITH_A_GAP, ((T - 2 * DAY_MS, T - DAY_MS),))
    gap = (EVERY_MINUTE[-1], T + 4 * HOUR_MS)
    assert quiet_spans(signs, T, NOW, NOW) == (QuietSpan(*gap, None),)
    assert quiet_spans(signs, T + 2 * HOUR_MS, T + 3 * HOUR_MS, NOW) == (QuietSpan(*gap, None),)
    assert quiet_spans(signs, T, gap[0], NOW) == quiet_spans(signs, gap[1], NOW, NOW) == ()
    assert quiet_spans(signs, T - 3 * DAY_MS, T, NOW) == (QuietSpan(T - 2 * DAY_MS, T - DAY_MS, None),)
    later = NOW + HOUR_MS
    assert quiet_spans(signs, NOW, later, later) == (QuietSpan(WITH_A_GAP[-1], later, None, goes_on=True),)
    assert quiet_spans(GatewaySigns((NOW + DAY_MS,)), 0, NOW, NOW) == quiet_spans(GatewaySigns(), 0, NOW, NOW) == ()


LATE = WITH_A_GAP[-1] - HOUR_MS


@pytest.mark.parametrize(
    ("since_ms", "was_up"),
    [
        ((), None),
        ((T - 1,), True),
        ((T - 1, 0), True),
        ((T + 2 * HOUR_MS, T - 1), True),
        ((T + 3 * HOUR_MS, NOW), True),  # what had failed before would have come again
        ((LATE,), False),
        ((LATE, LATE + MINUTE_MS), False),
        ((LATE, 0), None),  # of one it is not known
        ((NOW,), None),  # there may have been another before it
        ((LATE, NOW), None),  # or before that one of them
        ((LATE - 6 * MINUTE_MS, LATE - 7 * MINUTE_MS), None),  # restarted by turns, and nothing was sent
    ],
)
def test_whether_a_gateway_was_there(since_ms: tuple[int, ...], was_up: bool | None) -> None:
    """Yes, where one that runs was there before, or soon enough; no, where all that run began at the end of it, and at
    once something came; else nobody knows."""
    (found,) = quiet_spans(GatewaySigns(WITH_A_GAP), T, NOW, NOW, since_ms)
    assert found.was_up is was_up


def test_a_silence_that_goes_on_says_nothing_of_gateways() -> None:
    """All that run were started just now, and nothing has come yet: perhaps nothing is sent."""
    now = EVERY_MINUTE[-1] + HOUR_MS
    (found,) = quiet_spans(GatewaySigns(EVERY_MINUTE), T, now, now, (now - MINUTE_MS,))
    assert found == QuietSpan(EVERY_MINUTE[-1], now, None, goes_on=True)


@pytest.mark.parametrize(
    ("hours", "all_away", "was_up"), [(30, True, False), (22, True, False), (21, True, None), (30, False, None)]
)
def test_gateways_that_are_away_now(hours: int, all_away: bool, was_up: bool | None) -> None:
    """Nothing came for as long as Junction tries, and none of those that are named answers: none is there. A time that
    is over is not judged by who answers now."""
    now = WITH_A_GAP[-1] + hours * HOUR_MS
    over, lasting = quiet_spans(GatewaySigns(WITH_A_GAP), T, now, now, (0,), all_away=all_away)
    assert over == QuietSpan(EVERY_MINUTE[-1], T + 4 * HOUR_MS, None)
    assert lasting == QuietSpan(WITH_A_GAP[-1], now, was_up, goes_on=True)


@given(st.lists(st.integers(T, T + DAY_MS), max_size=40), st.integers(T, T + DAY_MS), st.integers(1, DAY_MS))
def test_no_sign_lies_in_a_quiet_time(times_ms: list[int], from_ms: int, length_ms: int) -> None:
    """Quiet spans are apart, long enough, and have no heartbeat inside; outside of them none is far from the next."""
    signs = GatewaySigns(tuple(sorted(set(times_ms))))
    spans = quiet_spans(signs, from_ms, from_ms + length_ms, T + 2 * DAY_MS)
    for span in spans:
        assert span.until_ms - span.from_ms > 10 * MINUTE_MS
        assert not any(span.from_ms < one < span.until_ms for one in times_ms)
    assert all(one.until_ms <= other.from_ms for one, other in pairwise(spans))


# On a real Kafka


def write(settings: Settings, name: str, *rows: tuple[bytes, bytes, int]) -> None:
    """Key, value, time of each record, in the first partition."""
    producer = Producer(for_librdkafka(settings) | {"linger.ms": 0})
    for key, value, at_ms in rows:
        producer.produce(f"{settings.topic_prefix}.{name}", value, key, partition=0, timestamp=at_ms)
    assert producer.flush(30) == 0


def beats(*times_ms: int) -> list[tuple[bytes, bytes, int]]:
    return [(b"gateway", b"", at_ms) for at_ms in times_ms]


def test_what_is_on_record(settings: Settings) -> None:
    """Heartbeats of several gateways in any order; outages only where heartbeats do not go back far enough, whatever
    else fetchers and strangers wrote there."""
    admin.apply(settings)
    now = int(time.time() * 1000)
    assert signs_since(settings, now - DAY_MS) == GatewaySigns()
    away = Outage(now - 5 * DAY_MS, now - 4 * DAY_MS)
    by_hand, older = Outage(now - 3 * DAY_MS, now), Outage(now - 30 * DAY_MS, now - 29 * DAY_MS)
    rows: list[tuple[bytes, bytes, int]] = [
        (b"outage", outage.encode(older), older.end_ms),
        (b"outage", outage.encode(away), away.end_ms),
        (b"outage", outage.encode(away), away.end_ms),  # of a second gateway
        (b"outage", b"\xff\x00", away.end_ms),
        (b"outage", b'{"type":"outage","start_ms":9,"end_ms":3}', away.end_ms),
        (b"user", b"{}", away.end_ms),
        (b"outage", outage.encode(by_hand), by_hand.end_ms),
    ]
    write(settings, topics.FETCH_PROGRESS, *rows)
    heard = (now - 2 * DAY_MS, now - DAY_MS, now)
    write(settings, topics.HEARTBEATS, *beats(heard[2], heard[0], heard[1], heard[0]))
    assert signs_since(settings, now - DAY_MS) == GatewaySigns(heard)
    assert signs_since(settings, now - 7 * DAY_MS) == GatewaySigns(heard, ((away.start_ms, away.end_ms),))
    assert around(signs_since(settings, away.start_ms + 1), away.start_ms + 1) == Heartbeats(
        away.start_ms, away.end_ms, now
    )


def test_a_kafka_that_is_away() -> None:
    """A sentence, like a topic that is not there."""
    with pytest.raises(Unavailable, match="Kafka does not answer"):
        signs_since(Settings(_env_file=None, bootstrap_servers="127.0.0.1:1"), T)


def test_an_installation_without_the_topic(settings: Settings) -> None:
    """It is named."""
    with pytest.raises(Misconfigured, match=topics.HEARTBEATS):
        signs_since(settings, T)
