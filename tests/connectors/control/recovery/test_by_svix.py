"""Svix's recover and replay-missing, at the fake that really delivers."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.control.recovery.by_svix import BySvix, Patience, SvixRecovered, pieces
from connectors.svix.client import SPAN_MS_MAX, SvixSpan
from streams.events import new_message_id
from streams.simulator.management.endpoint import new_id
from streams.simulator.management.messages import SvixAttempt, SvixMessage, Trigger
from streams.simulator.management.options import ManagementOptions
from tests.connectors.svix.test_client import HOUR_MS, asking, now_ms
from tests.simulator.management.fakes import SECRET, Hand, management
from tests.simulator.management.recipient import receiving, until
from tests.simulator.management.test_deliveries import BODY, QUICK, SLEEP, made
from tests.simulator.management.test_svix_api import failed

SOON = Patience(poll_s=0.02, quiet_s=1.0)
DAY_MS = 24 * HOUR_MS


async def brought(hand: Hand, app: Any, endpoint: Any, span: SvixSpan | None = None) -> SvixRecovered:
    """What came of a recovery of the last hour, or of a span."""
    async with asking(hand, app.id) as svix:
        by_svix = BySvix(svix, endpoint.id, 5000, SOON, lambda _: None)
        return await by_svix.bring(span or SvixSpan(now_ms() - HOUR_MS, None))


def planted(app: Any, endpoint: Any, number: int, at_ms: int) -> list[str]:
    """So many messages that failed then."""
    found = []
    for n in range(number):
        made_s = at_ms / 1000 + n / 1000
        message = SvixMessage(new_message_id(int(made_s * 1000), n.to_bytes(15, "big")), SLEEP, BODY, made_s)
        app.messages[message.id] = message
        attempt = SvixAttempt(new_id("atmpt_", made_s), message.id, endpoint.url, made_s, 500, "", 1, Trigger.SCHEDULED)
        endpoint.log.record(attempt)
        found.append(message.id)
    return found


async def test_what_failed_arrives_once() -> None:
    """And no failure is left."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand:
        app, endpoint = await made(hand, recipient.url)
        recipient.status = 500
        ids = await failed(hand, app, endpoint, 5)
        recipient.status = 204
        done = await brought(hand, app, endpoint)
        assert recipient.arrived == dict.fromkeys(ids, 1)
        assert (done.failed, done.rounds, done.left, done.replayed) == (5, 1, 0, 0)


async def test_the_time_in_which_the_endpoint_was_disabled_comes_back_too() -> None:
    """Recover brings nothing of it: there was no attempt that could have failed."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand:
        app, endpoint = await made(hand, recipient.url)
        await hand.call("PATCH", f"/webhook/{endpoint.id}", {"disabled": True})
        missed = [hand.fake.deliveries.put(app, SLEEP, BODY).id for _ in range(3)]
        await hand.call("PATCH", f"/webhook/{endpoint.id}", {"disabled": False})
        done = await brought(hand, app, endpoint)
        await until(lambda: recipient.arrived == dict.fromkeys(missed, 1))
        assert done.replayed == 3


async def test_rounds_are_repeated_until_no_failure_is_left() -> None:
    """The open server stops at a number of messages, and does not say so."""
    async with receiving(SECRET) as recipient, management(ManagementOptions(compress=100_000, recover_max=2)) as hand:
        app, endpoint = await made(hand, recipient.url)
        ids = planted(app, endpoint, 7, now_ms() - HOUR_MS // 2)
        done = await brought(hand, app, endpoint)
        assert recipient.arrived == dict.fromkeys(ids, 1)
        assert (done.rounds, done.left) == (4, 0)


async def test_nothing_is_sent_twice_where_it_arrived_after_the_end_of_the_span() -> None:
    """Svix looks only at what arrived within the span it is given: so it is given one up to now."""
    async with receiving(SECRET) as recipient, management(ManagementOptions(recover_max=2)) as hand:
        app, endpoint = await made(hand, recipient.url)
        ids = planted(app, endpoint, 5, now_ms() - 3 * HOUR_MS)
        await brought(hand, app, endpoint, SvixSpan(now_ms() - 4 * HOUR_MS, now_ms() - 2 * HOUR_MS))
        assert recipient.arrived == dict.fromkeys(ids, 1)


async def test_what_is_older_than_fourteen_days_comes_in_spans() -> None:
    """The rest beyond the limit of one is sent one by one."""
    async with receiving(SECRET) as recipient, management(ManagementOptions(recover_max=2)) as hand:
        app, endpoint = await made(hand, recipient.url)
        ids = [id for days in (2, 20, 40) for id in planted(app, endpoint, 5, now_ms() - days * DAY_MS)]
        done = await brought(hand, app, endpoint, SvixSpan(now_ms() - 41 * DAY_MS, None))
        assert recipient.arrived == dict.fromkeys(ids, 1)
        assert (done.failed, done.one_by_one, done.left) == (15, 6, 0)


async def test_an_endpoint_that_takes_nothing_is_not_asked_for_ever() -> None:
    """One round, and what is left is told."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand:
        app, endpoint = await made(hand, recipient.url)
        recipient.status = 500
        await failed(hand, app, endpoint, 3)
        done = await brought(hand, app, endpoint)
        assert (done.rounds, done.left, hand.fake.svix.calls["recover"]) == (1, 3, 1)


async def test_a_number_that_goes_up_and_down_is_no_progress() -> None:
    """Where as many fail anew as arrive, a round ends all the same."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand:
        app, endpoint = await made(hand, recipient.url)
        recipient.status = 500
        await failed(hand, app, endpoint, 3)

        async def restless() -> None:
            while True:
                planted(app, endpoint, 1, now_ms())
                await asyncio.sleep(0.1)
                del endpoint.log._by_message[max(endpoint.log._by_message)]
                await asyncio.sleep(0.1)

        changing = asyncio.create_task(restless())
        try:
            async with asyncio.timeout(15):
                done = await brought(hand, app, endpoint)
        finally:
            changing.cancel()
        assert done.left >= 3


@given(st.integers(0, 100 * DAY_MS), st.integers(0, 100 * DAY_MS), st.integers(0, 100 * DAY_MS))
def test_pieces_cover_the_span_without_gap_or_overlap(since_ms: int, until_ms: int, now_ms: int) -> None:
    """Each at most 14 days; only the newest may be open."""
    for span in (SvixSpan(since_ms, until_ms), SvixSpan(since_ms, None)):
        found = list(pieces(span, now_ms))
        end_ms = now_ms if span.until_ms is None else min(until_ms, now_ms)
        ends = [end_ms, *(piece.since_ms for piece in found)]
        assert all(end - piece.since_ms <= SPAN_MS_MAX for piece, end in zip(found, ends, strict=False))
        assert all(piece.until_ms == end for piece, end in zip(found[1:], ends[1:], strict=False))
        assert (ends[-1] == since_ms) if since_ms < end_ms else not found
