"""How every call is made: with credentials, within the limits, tried again, measured.

A call raises TryLater (again in `retry_after_s`), Refused (never again like this) or NotAuthorized (a person acts).
"""

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from connectors.junction import endpoints, http_status
from connectors.junction.call_span import answered, asking
from connectors.junction.credentials import Credentials
from connectors.junction.endpoints import ApiCall
from connectors.junction.failures import NotAuthorized, Refused, TryLater
from connectors.junction.http import HttpTransport
from connectors.junction.http_status import ApiAnswer
from connectors.junction.limits import Limits
from connectors.junction.repair import read_repaired
from connectors.junction.retry_policy import RetryPolicy
from connectors.junction.traceparent import CallTrace, trace_of_call
from streams.ops import metrics

T = TypeVar("T")


class Caller:
    """Makes calls to one address. Each try waits for its turn in `limits`, so that the rate holds for retries too."""

    def __init__(
        self, base_url: str, http: HttpTransport, credentials: Credentials, limits: Limits, policy: RetryPolicy
    ) -> None:
        self._base_url = base_url
        self._http, self._credentials = http, credentials
        self._limits, self._policy = limits, policy

    async def read(self, call: ApiCall, parse: Callable[[bytes], T], traceparent: str) -> T | None:
        """The answer, parsed by `parse`; None for 404."""
        found, _ = await self.read_dated(call, parse, traceparent)
        return found

    async def read_dated(
        self, call: ApiCall, parse: Callable[[bytes], T], traceparent: str = ""
    ) -> tuple[T | None, int | None]:
        """The answer, parsed by `parse`, None for 404; and when Junction made it (`http_status.date_ms`)."""
        trace = trace_of_call(traceparent)
        async for attempt in self._policy.attempts():
            with attempt:
                return await self._once(call, parse, trace)
        raise AssertionError("retry_context ends by return or raise")

    async def _once(self, call: ApiCall, parse: Callable[[bytes], T], trace: CallTrace) -> tuple[T | None, int | None]:
        """One try, counted by its outcome."""
        outcome = "given_up"  # by the caller
        try:
            answer = await self._answer(call, trace)
            found = None if answer.status == http_status.MISSING else read_repaired(parse, answer.body)
            outcome = "missing" if found is None else "ok"
        except (TryLater, Refused, NotAuthorized) as error:
            outcome = error.reason
            if isinstance(error, TryLater) and error.asked_to_wait:
                self._limits.hold(min(error.retry_after_s, self._policy.wait_max_s))
            raise
        finally:
            metrics.API_CALLS.labels(call.endpoint, outcome).inc()
        return found, http_status.date_ms(answer.headers)

    async def _answer(self, call: ApiCall, trace: CallTrace) -> ApiAnswer:
        """A 2xx or a 404. A token that has expired early is renewed once."""
        for _ in range(2):
            headers = await self._credentials.headers()
            async with self._limits.turn():
                with metrics.API_SECONDS.labels(call.endpoint).time():
                    answer = await self._get(call, headers, trace)
            if call.params.get(endpoints.CURSOR):
                http_status.check_cursor(answer.status)
            if answer.status != http_status.UNAUTHORIZED:
                http_status.check(answer, time.time())
                return answer
            await self._credentials.renew(headers)
        raise NotAuthorized("Junction refuses a new access token (HTTP 401): are region and environment right?")

    async def _get(self, call: ApiCall, headers: Mapping[str, str], trace: CallTrace) -> ApiAnswer:
        url = self._base_url + call.path
        with asking(self._base_url, call, trace.given) as span:
            sent = (span and span.context.traceparent) or trace.sent
            answer = await self._http.send(call.method, url, call.params, {**headers, "traceparent": sent}, call.body)
            if span:
                answered(span, answer.status)
            return answer
