"""The fake Svix delivers over real HTTP; the receiver verifies with the svix library."""

import asyncio
from typing import Any

import pytest

from streams.simulator.management.endpoint import SvixEndpoint, new_secret
from streams.simulator.management.fake import FakeManagement
from streams.simulator.management.messages import MessageState
from streams.simulator.management.options import ManagementOptions
from streams.simulator.management.state import SvixApp
from tests.simulator.management.fakes import SECRET, Hand, management
from tests.simulator.management.recipient import receiving, until

QUICK = ManagementOptions(compress=100_000)  # 27 hours are a second
BODY = b'{"event_type":"daily.data.sleep.created","data":{}}'
SLEEP = "daily.data.sleep.created"


async def made(hand: Hand, url: str, **fields: Any) -> tuple[SvixApp, SvixEndpoint]:
    """The state's side of a webhook with SECRET."""
    id = (await hand.make(url=url, secret=SECRET, **fields))["id"]
    app = next(iter(hand.fake.state.apps.values()))
    return app, app.endpoints[id]


async def test_each_live_secret_signs() -> None:
    """A receiver that knows the old one alone, and one that knows the new one alone, both take it."""
    fresh = new_secret()
    async with receiving(SECRET, fresh) as recipient, management() as hand:
        app, endpoint = await made(hand, recipient.url)
        await hand.call("POST", f"/webhook/{endpoint.id}/secret/rotate", {"key": fresh})
        message = hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: recipient.arrived[message.id])
        assert recipient.by == {SECRET: 1, fresh: 1}


async def test_headers_of_the_owner_go_along() -> None:
    """Those that may not be read back, too."""
    async with receiving(SECRET) as recipient, management() as hand:
        app, endpoint = await made(hand, recipient.url)
        await hand.call("PUT", f"/webhook/{endpoint.id}/headers", {"headers": {"Authorization": "Bearer a"}})
        message = hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: recipient.arrived[message.id])
        assert recipient.extra["authorization"] == "Bearer a"


@pytest.mark.parametrize("status", [301, 400, 401, 500, 503])
async def test_what_is_no_2xx_is_tried_eight_times(status: int) -> None:
    """On the schedule, a redirect too; then the message has failed."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand:
        recipient.status, recipient.headers = status, {"location": "/elsewhere"} if status == 301 else {}
        app, endpoint = await made(hand, recipient.url)
        message = hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: endpoint.log.standing(message.id) is MessageState.FAIL)
        assert recipient.tries[message.id] == 8
        assert [one.status for one in endpoint.log.of(message.id)] == [status] * 8
        waits = [one.next_s - one.made_s for one in endpoint.log.attempts if one.next_s is not None]
        assert waits[6] > waits[1]


async def test_a_retry_arrives_with_the_same_id() -> None:
    """As soon as the receiver takes it."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand:
        recipient.status = 503
        app, endpoint = await made(hand, recipient.url)
        message = hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: recipient.tries[message.id] > 2)
        recipient.status = 204
        await until(lambda: recipient.arrived[message.id])
        assert endpoint.log.standing(message.id) is MessageState.SUCCESS


async def test_no_answer_in_time_is_a_failure() -> None:
    """The patience is an option; then the receiver is left alone for a minute of Svix's."""
    async with receiving(SECRET) as recipient, management(ManagementOptions(compress=100, attempt_s=0.05)) as hand:
        recipient.slow_s = 0.5
        app, endpoint = await made(hand, recipient.url)
        message = hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: endpoint.log.of(message.id))
        (attempt,) = endpoint.log.of(message.id)
        assert (attempt.status, attempt.response) == (0, "TimeoutError")
        assert attempt.next_s is not None
        assert attempt.next_s - attempt.made_s >= 60 * 0.8 / 100


async def test_the_receivers_wait_is_kept_to_between_one_and_two_of_the_planned() -> None:
    """Retry-After of an hour makes of five seconds ten."""
    async with receiving(SECRET) as recipient, management(ManagementOptions(retries_s=(5.0,))) as hand:
        recipient.status, recipient.headers = 503, {"retry-after": "3600"}
        app, endpoint = await made(hand, recipient.url)
        hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: endpoint.log.attempts)
        (attempt,) = endpoint.log.attempts
        assert attempt.next_s is not None
        assert 8 <= attempt.next_s - attempt.made_s <= 12.5


async def test_after_five_days_of_failures_the_endpoint_is_disabled() -> None:
    """Each message was given up in that time; then nothing is sent to it any more."""
    async with receiving(SECRET) as recipient, management(ManagementOptions(compress=1_000_000)) as hand:
        recipient.status = 500
        app, endpoint = await made(hand, recipient.url)
        while not endpoint.is_disabled:
            hand.fake.deliveries.put(app, SLEEP, BODY)
            await asyncio.sleep(0.05)
        assert (await hand.call("GET", f"/webhook/{endpoint.id}")).json()["disabled"] is True
        late = hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: not hand.fake.deliveries.waiting(endpoint, 10))
        assert not recipient.tries[late.id]


async def test_a_success_ends_the_count_of_the_five_days() -> None:
    """They begin again with the next message that is given up."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand:
        app, endpoint = await made(hand, recipient.url)
        endpoint.first_failure_s = 1.0
        hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: recipient.arrived)
        await until(lambda: endpoint.log.attempts)
        assert endpoint.first_failure_s is None


async def test_filtered_types_are_not_sent() -> None:
    """By exact names; without a filter all are."""
    async with receiving(SECRET) as recipient, management() as hand:
        app, _ = await made(hand, recipient.url, filter_types=["labtest.order.created"])
        skipped = hand.fake.deliveries.put(app, SLEEP, BODY)
        message = hand.fake.deliveries.put(app, "labtest.order.created", BODY)
        await until(lambda: recipient.arrived[message.id])
        assert not recipient.tries[skipped.id]


async def test_the_rate_is_kept_and_heard_when_it_changes() -> None:
    """Messages a second, of that moment."""
    async with receiving(SECRET) as recipient, management() as hand:
        app, endpoint = await made(hand, recipient.url, rate_limit=50)
        for _ in range(21):
            hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: recipient.arrived.total() == 21)
        assert recipient.at_s[-1] - recipient.at_s[0] >= 0.35
        await hand.call("PATCH", f"/webhook/{endpoint.id}", {"rate_limit": None})
        for _ in range(50):
            hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: recipient.arrived.total() == 71)
        assert recipient.at_s[-1] - recipient.at_s[21] < 1.0  # it would be one at the old rate


async def test_an_endpoint_from_before_the_start_has_its_rate_too() -> None:
    """It once had two senders, each at that rate."""
    async with receiving(SECRET) as recipient:
        fake = FakeManagement()
        app = fake.state.app("team", "production")
        fake.state.add(app, {"url": recipient.url, "rate_limit": 50}, SECRET)
        async with fake.deliveries.working():
            for _ in range(21):
                fake.deliveries.put(app, SLEEP, BODY)
            await until(lambda: recipient.arrived.total() == 21)
        assert recipient.at_s[-1] - recipient.at_s[0] >= 0.35


async def test_operational_events_are_sent_where_they_are_asked_for() -> None:
    """To the endpoints that take everything: with a type, and without a user."""
    async with receiving(SECRET) as good, receiving(SECRET) as bad:
        options = ManagementOptions(compress=100_000, operational_events=True)
        async with management(options) as hand:
            app, endpoint = await made(hand, bad.url, filter_types=[SLEEP])
            await made(hand, good.url)
            bad.status = 500
            message = hand.fake.deliveries.put(app, SLEEP, BODY)
            await until(lambda: endpoint.log.standing(message.id) is MessageState.FAIL)
            await until(lambda: good.arrived.total() == 3)
            types = [one.event_type for one in app.messages.values()]
            assert types == [SLEEP, "message.attempt.failing", "message.attempt.exhausted"]


async def test_the_metric_counts_attempts() -> None:
    """By what came of them."""
    async with receiving(SECRET) as recipient, management() as hand:
        app, endpoint = await made(hand, recipient.url)
        hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: endpoint.log.attempts)
        (row,) = (await hand.call("GET", "/event_delivery_metric")).json()["data"]["result"]
        assert (row["metric"], row["values"][0][1]) == ({"status": "success"}, "1")
