"""Requests that are cut off when their reply is due."""

import asyncio

import pytest

from connectors.webhook import under_way
from connectors.webhook.replies import BUSY, TOO_SLOW, UNAVAILABLE, Reply
from connectors.webhook.under_way import Request, UnderWay

TIMEOUT_S = 12.0


class Waiting:
    """A request in a task of its own, which waits as the door does. `age_s`: since it began."""

    def __init__(self, requests: UnderWay, age_s: float, has_begun: bool = True, is_complete: bool = True) -> None:
        self.came = asyncio.Event()
        self.has_begun = asyncio.Event()
        self.request: Request
        self.task = asyncio.create_task(self._wait(requests))
        self._as = (age_s, has_begun, is_complete)

    async def _wait(self, requests: UnderWay) -> Reply | None:
        self.request = requests.begin()
        age_s, self.request.has_begun, self.request.is_complete = self._as
        self.request.began_s -= age_s
        self.has_begun.set()
        try:
            await self.came.wait()
            return None
        except asyncio.CancelledError:
            reply = self.request.was_cut()
            if reply is None:
                raise
            return reply
        finally:
            requests.end(self.request)


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> UnderWay:
    monkeypatch.setattr(under_way, "_SWEEP_S_MAX", 0.001)
    return UnderWay(TIMEOUT_S)


async def swept_with_overdue(requests: UnderWay, *others: Waiting) -> None:
    """Return when a sweep has looked at all; `others[0]` is overdue, so that it can be seen."""
    for one in others:
        await one.has_begun.wait()
    sweeping = asyncio.create_task(requests.sweep())
    assert await others[0].task is UNAVAILABLE
    sweeping.cancel()


@pytest.mark.parametrize(
    ("age_s", "has_begun", "is_complete", "reply"),
    [
        (2.0, False, False, None),
        (3.1, False, False, TOO_SLOW),
        (3.1, True, False, None),
        (11.0, True, True, None),
        (12.1, True, False, TOO_SLOW),
        (12.1, True, True, UNAVAILABLE),
    ],
)
async def test_cuts_only_what_is_due(
    requests: UnderWay, age_s: float, has_begun: bool, is_complete: bool, reply: Reply | None
) -> None:
    """A request without a byte of its body has the grace, any other the whole time; the answer says what it lacked."""
    overdue, one = Waiting(requests, 13.0), Waiting(requests, age_s, has_begun, is_complete)
    await swept_with_overdue(requests, overdue, one)
    assert one.request.cut_with is reply
    one.came.set()
    assert await one.task is reply


async def test_no_cut_after_the_reply(requests: UnderWay) -> None:
    """A request whose reply is known is cut no more, however long its reply takes."""
    overdue, answered = Waiting(requests, 13.0), Waiting(requests, 13.0)
    await answered.has_begun.wait()
    answered.came.set()
    assert await answered.task is None
    await swept_with_overdue(requests, overdue)
    assert answered.request.cut_with is None


async def test_the_first_cut_counts(requests: UnderWay) -> None:
    """A request that is cut twice is answered once, by the first reason, and its task may wait again."""
    one = Waiting(requests, 0.0)
    await one.has_begun.wait()
    one.request.cut(BUSY)
    one.request.cut(UNAVAILABLE)
    assert await one.task is BUSY
    assert one.task.cancelling() == 0


async def test_a_cancelled_task_was_not_cut(requests: UnderWay) -> None:
    """A cancellation from elsewhere stays one: the process stops."""
    one = Waiting(requests, 0.0)
    await one.has_begun.wait()
    one.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one.task


async def test_waits_until_empty(requests: UnderWay) -> None:
    """It returns at once without requests, and with some when the last one has ended."""
    await requests.wait_until_empty()
    first, last = Waiting(requests, 0.0), Waiting(requests, 0.0)
    await last.has_begun.wait()
    waiting = asyncio.create_task(requests.wait_until_empty())
    first.came.set()
    await first.task
    assert not waiting.done()
    last.came.set()
    await waiting
    assert last.task.done()
