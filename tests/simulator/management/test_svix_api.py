"""The fake of Svix's API, asked by Svix's own package; each answer is held against the published description."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from svix.api import SvixAsync, SvixOptions
from svix.api.endpoint import EndpointListOptions
from svix.api.errors.http_error import HttpError
from svix.api.errors.http_validation_error import HTTPValidationError
from svix.api.message_attempt import MessageAttemptListAttemptedMessagesOptions as Attempted
from svix.api.message_attempt import MessageAttemptListByEndpointOptions as ByEndpoint
from svix.models import EndpointPatch, MessageStatus, RecoverIn, ReplayIn

from streams.simulator.management.keys import SVIX_KEY
from streams.simulator.management.messages import MessageState
from streams.simulator.management.options import ManagementOptions
from streams.simulator.management.trouble import Mishap
from tests.published import SVIX, check_if_named
from tests.simulator.management.fakes import SECRET, Hand, management
from tests.simulator.management.recipient import receiving, until
from tests.simulator.management.test_deliveries import BODY, QUICK, SLEEP, made

HOUR = timedelta(hours=1)


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


@asynccontextmanager
async def svix_of(hand: Hand, token: str = SVIX_KEY) -> AsyncIterator[SvixAsync]:
    """The package, whose every answer must be as published."""

    async def check(response: httpx.Response) -> None:
        body = await response.aread()
        if response.status_code in (200, 202, 204, 400, 404, 422):
            check_if_named(SVIX, response.request.method, response.request.url.path, response.status_code, body)

    svix = SvixAsync(token, SvixOptions(server_url=hand.url, retry_schedule=[]))
    svix._httpx_client.event_hooks["response"] = [check]
    async with svix._httpx_client:
        yield svix


async def failed(hand: Hand, app: Any, endpoint: Any, number: int) -> list[str]:
    """So many messages that were given up."""
    ids = [hand.fake.deliveries.put(app, SLEEP, BODY).id for _ in range(number)]
    await until(lambda: all(endpoint.log.standing(id) is MessageState.FAIL for id in ids))
    return ids


async def test_endpoints_are_read_and_changed() -> None:
    """By pages, alone, and by field."""
    async with management() as hand, svix_of(hand) as svix:
        app, endpoint = await made(hand, "https://a.example.org/", rate_limit=9)
        await made(hand, "https://b.example.org/", filter_types=[SLEEP])
        first = await svix.endpoint.list(app.id, EndpointListOptions(limit=1))
        rest = await svix.endpoint.list(app.id, EndpointListOptions(limit=1, iterator=first.iterator))
        assert {first.data[0].id, rest.data[0].id} == set(app.endpoints)
        assert (first.done, rest.done) == (False, True)
        one = await svix.endpoint.get(app.id, endpoint.id)
        assert (one.url, one.throttle_rate, one.disabled) == ("https://a.example.org/", 9, False)
        await svix.endpoint.patch(app.id, endpoint.id, EndpointPatch(throttle_rate=3))
        assert endpoint.rate_limit == 3


async def test_recover_brings_what_failed_once_more() -> None:
    """Under the same ids, and by hand: one attempt, without retries. What arrived is not sent again."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand, svix_of(hand) as svix:
        app, endpoint = await made(hand, recipient.url)
        good = hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: recipient.arrived[good.id])
        recipient.status = 500
        ids = await failed(hand, app, endpoint, 3)
        recipient.status = 204
        task = await svix.endpoint.recover(app.id, endpoint.id, RecoverIn(since=ago(hours=1)))
        await until(lambda: recipient.arrived.total() == 4)
        assert set(recipient.arrived) == {good.id, *ids}
        assert recipient.arrived[good.id] == 1
        found = await svix.background_task.get(task.id)
        assert (found.status, found.data) == ("finished", {"messagesSent": 3})


async def test_recover_stops_at_its_limit() -> None:
    """The oldest first. Asked again up to now it brings the rest; asked again for the same span, the same ones."""
    options = ManagementOptions(compress=100_000, recover_max=2)
    async with receiving(SECRET) as recipient, management(options) as hand, svix_of(hand) as svix:
        app, endpoint = await made(hand, recipient.url)
        recipient.status = 500
        ids = sorted(await failed(hand, app, endpoint, 3))
        end = datetime.now(UTC)
        recipient.status = 204
        for _ in range(2):
            await svix.endpoint.recover(app.id, endpoint.id, RecoverIn(since=ago(hours=1), until=end))
            await until(lambda: not hand.fake.deliveries.waiting(endpoint))
        assert recipient.arrived == {ids[0]: 2, ids[1]: 2}
        await svix.endpoint.recover(app.id, endpoint.id, RecoverIn(since=ago(hours=1)))
        await until(lambda: recipient.arrived[ids[2]])


async def test_recover_brings_nothing_of_the_time_in_which_the_endpoint_was_disabled() -> None:
    """There was no attempt that could have failed; replay-missing brings it, once."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand, svix_of(hand) as svix:
        app, endpoint = await made(hand, recipient.url)
        await hand.call("PATCH", f"/webhook/{endpoint.id}", {"disabled": True})
        missed = hand.fake.deliveries.put(app, SLEEP, BODY)
        await hand.call("PATCH", f"/webhook/{endpoint.id}", {"disabled": False})
        since = RecoverIn(since=ago(hours=1))
        task = await svix.endpoint.recover(app.id, endpoint.id, since)
        assert (await svix.background_task.get(task.id)).data == {"messagesSent": 0}
        for _ in range(2):
            await svix.endpoint.replay_missing(app.id, endpoint.id, ReplayIn(since=ago(hours=1)))
            await until(lambda: recipient.arrived[missed.id])
        assert recipient.arrived == {missed.id: 1}


async def test_a_disabled_endpoint_is_sent_nothing_by_hand_either() -> None:
    """As the open server has it: enable first, then recover."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand, svix_of(hand) as svix:
        app, endpoint = await made(hand, recipient.url)
        recipient.status = 500
        (id,) = await failed(hand, app, endpoint, 1)
        recipient.status = 204
        endpoint.is_disabled = True
        await svix.message_attempt.resend(app.id, id, endpoint.id)
        await until(lambda: not hand.fake.deliveries.waiting(endpoint))
        assert not recipient.arrived


async def test_more_than_fourteen_days_are_refused() -> None:
    """By both; and five minutes more are none."""
    async with management() as hand, svix_of(hand) as svix:
        app, endpoint = await made(hand, "https://a.example.org/")
        for call, body in ((svix.endpoint.recover, RecoverIn), (svix.endpoint.replay_missing, ReplayIn)):
            await call(app.id, endpoint.id, body(since=ago(days=14)))  # type: ignore[operator]  # because of the pair
            with pytest.raises(HTTPValidationError):
                await call(app.id, endpoint.id, body(since=ago(days=15)))  # type: ignore[operator]  # because of the pair
            await call(app.id, endpoint.id, body(since=ago(days=20), until=ago(days=7)))  # type: ignore[operator]  # because of the pair


async def test_attempts_and_messages_are_listed() -> None:
    """By endpoint, by message, and messages by how they stand."""
    async with receiving(SECRET) as recipient, management(QUICK) as hand, svix_of(hand) as svix:
        app, endpoint = await made(hand, recipient.url)
        recipient.status = 500
        ids = await failed(hand, app, endpoint, 2)
        recipient.status = 204
        await svix.message_attempt.resend(app.id, ids[0], endpoint.id)
        await until(lambda: recipient.arrived[ids[0]])
        await until(lambda: endpoint.log.standing(ids[0]) is MessageState.SUCCESS)
        left = await svix.message_attempt.list_attempted_messages(
            app.id, endpoint.id, Attempted(status=MessageStatus.FAIL, after=ago(hours=1))
        )
        assert [one.id for one in left.data] == [ids[1]]
        by_endpoint = await svix.message_attempt.list_by_endpoint(app.id, endpoint.id, ByEndpoint(limit=5))
        assert (len(by_endpoint.data), by_endpoint.done) == (5, False)
        by_message = await svix.message_attempt.list_by_msg(app.id, ids[0])
        assert [one.trigger_type for one in by_message.data] == [1] + [0] * 8
        stats = await svix.endpoint.get_stats(app.id, endpoint.id)
        assert (stats.success, stats.fail) == (1, 16)


async def test_a_wrong_token_and_a_wrong_application_are_refused() -> None:
    """As 401 and 404."""
    async with management() as hand:
        app, endpoint = await made(hand, "https://a.example.org/")
        for token, app_id, status in (("sk_other", app.id, 401), (SVIX_KEY, "app_none", 404)):
            async with svix_of(hand, token) as svix:
                with pytest.raises(HttpError) as refused:
                    await svix.endpoint.get(app_id, endpoint.id)
                assert refused.value.status_code == status


async def test_trouble_meets_svix_too() -> None:
    """429 and 500 have no effect, a lost answer has."""
    async with management() as hand, svix_of(hand) as svix:
        app, endpoint = await made(hand, "https://a.example.org/")
        for mishap, status in ((Mishap.LIMITED, 429), (Mishap.BROKEN, 500)):
            hand.fake.trouble.expect(mishap, "POST", "/recover")
            with pytest.raises(HttpError) as refused:
                await svix.endpoint.recover(app.id, endpoint.id, RecoverIn(since=ago(hours=1)))
            assert refused.value.status_code == status
        hand.fake.trouble.expect(Mishap.LOST, "POST", "/recover")
        with pytest.raises(httpx.RemoteProtocolError):
            await svix.endpoint.recover(app.id, endpoint.id, RecoverIn(since=ago(hours=1)))
        assert hand.fake.svix.calls["recover"] == 1
