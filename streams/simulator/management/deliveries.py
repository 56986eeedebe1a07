"""The fake Svix at work: it really posts each message to each endpoint, as the open server's worker does.

Signed anew with all live secrets at each attempt; anything but 2xx is a failure; retried on the schedule, later where
the receiver was slow or asked for it; disabled when every message of five days was given up. A disabled endpoint is
sent nothing, and remembers nothing of it: only replay-missing brings that.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import aiohttp

from streams.events import new_message_id
from streams.simulator.management.endpoint import SvixEndpoint, new_id
from streams.simulator.management.lane import Errand, Lane
from streams.simulator.management.messages import SvixAttempt, SvixMessage, Trigger
from streams.simulator.management.state import SvixApp, SvixState

_JITTER = 0.2
_OVERLOADED_S = 60.0  # a receiver that was too slow or said 429 is left alone for so long
_RESPONSE_CHARS_MAX = 20_000
_FAILING_AFTER = 3  # the fourth attempt failed


class SvixDeliveries:
    """Use `working`. `sent`: attempts so far."""

    def __init__(self, state: SvixState) -> None:
        self.state, self.sent = state, 0
        self._session: aiohttp.ClientSession | None = None
        self._lanes: dict[str, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Until left. What waited then waits on."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self.state.options.attempt_s),
            headers={
                "content-type": "application/json",
                "user-agent": "Svix-Webhooks/1.76 (junction-streams simulator)",
            },
            skip_auto_headers=("accept", "accept-encoding"),
        )
        for app in self.state.apps.values():
            for endpoint in app.endpoints.values():
                if endpoint.id in self._lanes:
                    self._start(app, self._lanes[endpoint.id])  # what waited since it worked last
                else:
                    self._lane(app, endpoint)
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._session.close()
            self._session = None

    def put(
        self, app: SvixApp, event_type: str, body: bytes, message_id: str | None = None, created_s: float | None = None
    ) -> SvixMessage:
        """A message of Junction's, for all endpoints that take it now. `created_s`: Unix seconds, else now."""
        now_s = self.state.clock() if created_s is None else created_s
        id = message_id or new_message_id(int(now_s * 1000), random.randbytes(15))
        message = app.messages.setdefault(id, SvixMessage(id, event_type, body, now_s))
        for endpoint in app.endpoints.values():
            if endpoint.wants(event_type):
                self._send(app, endpoint, Errand(message, Trigger.SCHEDULED))
        return message

    def again(self, app: SvixApp, endpoint: SvixEndpoint, message_ids: Iterable[str]) -> None:
        """Sent by hand: recover, replay-missing, resend."""
        for id in message_ids:
            self._send(app, endpoint, Errand(app.message(id), Trigger.MANUAL))

    def waiting(self, endpoint: SvixEndpoint, within_s: float = 0.0) -> int:
        """Attempts under way, or due within so many seconds."""
        lane = self._lanes.get(endpoint.id)
        return lane.waiting(within_s) if lane else 0

    def _send(self, app: SvixApp, endpoint: SvixEndpoint, errand: Errand, wait_s: float = 0.0) -> None:
        endpoint.log.pending.add(errand.message.id)
        self._lane(app, endpoint).add(errand, wait_s)

    def _lane(self, app: SvixApp, endpoint: SvixEndpoint) -> Lane:
        if endpoint.id not in self._lanes:
            self._lanes[endpoint.id] = lane = Lane(endpoint, self.state.options.at_once)
            if self._session is not None:
                self._start(app, lane)
        return self._lanes[endpoint.id]

    def _start(self, app: SvixApp, lane: Lane) -> None:
        self._keep(asyncio.get_running_loop().create_task(self._serve(app, lane)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, app: SvixApp, lane: Lane) -> None:
        while True:
            errand = await lane.next()
            await lane.slots.acquire()
            self._keep(asyncio.create_task(self._deliver(app, lane, errand)))

    async def _deliver(self, app: SvixApp, lane: Lane, errand: Errand) -> None:
        endpoint = lane.endpoint
        endpoint.log.pending.discard(errand.message.id)
        try:
            is_wanted = errand.trigger is Trigger.MANUAL or endpoint.wants(errand.message.event_type)
            if is_wanted and not endpoint.is_disabled and endpoint.id in app.endpoints:
                await self._attempt(app, endpoint, errand)
        finally:
            lane.under_way -= 1
            lane.slots.release()

    async def _attempt(self, app: SvixApp, endpoint: SvixEndpoint, errand: Errand) -> None:
        made_s, began = self.state.clock(), time.monotonic()
        status, said, asked_s = await self._post(endpoint, errand.message, made_s)
        self.sent += 1
        wait_s = None if 200 <= status < 300 else self._wait(errand, status, asked_s)
        took_ms = int((time.monotonic() - began) * 1000)
        next_s = None if wait_s is None else self.state.clock() + wait_s
        id = new_id("atmpt_", made_s)
        attempt = SvixAttempt(
            id, errand.message.id, endpoint.url, made_s, status, said, took_ms, errand.trigger, next_s
        )
        endpoint.log.record(attempt)
        self._judge(app, endpoint, errand, attempt)
        if wait_s is not None:
            self._send(app, endpoint, Errand(errand.message, Trigger.SCHEDULED, errand.number + 1), wait_s)

    async def _post(self, endpoint: SvixEndpoint, message: SvixMessage, now_s: float) -> tuple[int, str, float]:
        """Status (0: no answer), the answer's text, and how long the receiver asks to be left alone."""
        if self._session is None:
            return 0, "", 0.0
        headers = endpoint.signed(message.id, now_s, message.body)
        try:
            async with self._session.post(
                endpoint.url, data=message.body, headers=headers, allow_redirects=False
            ) as answer:
                said = (await answer.text(errors="replace"))[:_RESPONSE_CHARS_MAX]
                return answer.status, said, _seconds(answer.headers.get("retry-after", ""))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, type(error).__name__, _OVERLOADED_S if isinstance(error, TimeoutError) else 0.0

    def _wait(self, errand: Errand, status: int, asked_s: float) -> float | None:
        """Seconds to the next attempt, None where there is none."""
        options = self.state.options
        if errand.trigger is Trigger.MANUAL or errand.number >= len(options.retries_s):
            return None
        planned_s = options.retries_s[errand.number]
        if status == 429 or (status == 0 and asked_s):
            planned_s = max(planned_s, _OVERLOADED_S)
        planned_s = min(max(asked_s, planned_s), 2 * planned_s)
        return options.real_s(planned_s * random.uniform(1 - _JITTER, 1 + _JITTER))

    def _judge(self, app: SvixApp, endpoint: SvixEndpoint, errand: Errand, attempt: SvixAttempt) -> None:
        if attempt.is_success:
            endpoint.first_failure_s = None
            if errand.number > _FAILING_AFTER:
                self._tell(app, "message.attempt.recovered", endpoint, errand)
        elif errand.trigger is Trigger.MANUAL:
            return
        elif attempt.next_s is not None:
            if errand.number == _FAILING_AFTER:
                self._tell(app, "message.attempt.failing", endpoint, errand)
        else:
            self._tell(app, "message.attempt.exhausted", endpoint, errand)
            self._count_failure(app, endpoint, errand)

    def _count_failure(self, app: SvixApp, endpoint: SvixEndpoint, errand: Errand) -> None:
        """A message was given up."""
        options, now_s = self.state.options, self.state.clock()
        if endpoint.first_failure_s is None:
            endpoint.first_failure_s = now_s
        elif now_s - endpoint.first_failure_s > options.real_s(options.disable_after_s) and not endpoint.is_disabled:
            self.state.change(endpoint, {"disabled": True})
            self._tell(app, "endpoint.disabled", endpoint, errand)

    def _tell(self, app: SvixApp, type: str, endpoint: SvixEndpoint, errand: Errand) -> None:
        """An operational event, where the fake shall send them."""
        if not self.state.options.operational_events or errand.message.event_type.startswith(("message.", "endpoint.")):
            return
        data = {"appId": app.id, "endpointId": endpoint.id, "msgId": errand.message.id}
        self.put(app, type, json.dumps({"type": type, "data": data}).encode())


def _seconds(text: str) -> float:
    """Of a Retry-After in seconds, 0 for another."""
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0
