"""Junction's Org Management API: how its calls are made, and what its refusals ask of a person (domain file, 7.1).

Nothing of an answer's text is told: a refusal may echo the body, and the body has the broker's password.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from connectors.junction import http_status
from connectors.junction.credentials import management_headers
from connectors.junction.endpoints import segment
from connectors.junction.failures import FailureReason, NotAuthorized, Refused, TryLater
from connectors.junction.http import HttpTransport
from connectors.junction.http_status import ApiAnswer
from connectors.junction.retry_policy import RetryPolicy
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

_AGAIN = "run it again: it reads first, and sends only what differs"
_LATER_S = 30


class Management:
    """Use `open_management`. Every call may be repeated: what is written is the whole of it."""

    def __init__(self, settings: Settings, http: HttpTransport, policy: RetryPolicy) -> None:
        """Raises NotAuthorized and Misconfigured, before anything is sent."""
        self._headers = management_headers(settings)
        if not settings.junction_org_id:
            raise Misconfigured("STREAMS_JUNCTION_ORG_ID is not set: the organisation that the management key is of")
        self._base = f"{settings.junction_management_url.rstrip('/')}/v1/org/{segment(settings.junction_org_id)}"
        self._where = f"{settings.junction_environment}/{settings.junction_region}"
        self._http, self._policy = http, policy

    async def call(
        self,
        method: str,
        endpoint: str,
        params: Mapping[str, str | Sequence[str]] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The answer to `{org}/{endpoint}/{env}/{region}`. Raises Misconfigured, Refused, Unavailable."""
        try:
            async for attempt in self._policy.attempts():
                with attempt:
                    url = f"{self._base}/{endpoint}/{self._where}"
                    answer = await self._http.send(method, url, params, self._headers, body)
                    self._check(answer)
                    return answer.body
        except TryLater as error:
            raise Unavailable(f"{error}. What Junction kept is not known; {_AGAIN}", error.retry_after_s) from None
        raise AssertionError("retry_context ends by return or raise")

    def _check(self, answer: ApiAnswer) -> None:
        """Return for 2xx."""
        status = answer.status
        if status == http_status.UNAUTHORIZED:
            raise NotAuthorized(
                "Junction refuses STREAMS_JUNCTION_MANAGEMENT_KEY (HTTP 401): was it deleted, or is it of another "
                "organisation? Junction's customer success manager gives out new ones"
            )
        if status == 403:
            raise Misconfigured(
                "Junction lets this management key not do that (HTTP 403): check STREAMS_JUNCTION_ORG_ID, and ask "
                "Junction whether ETL pipelines are enabled for you; they belong to the Scale plan"
            )
        if status == http_status.MISSING:
            raise Misconfigured(
                f"Junction knows no such organisation or team in {self._where} (HTTP 404): check "
                "STREAMS_JUNCTION_ORG_ID, the team, STREAMS_JUNCTION_ENVIRONMENT and STREAMS_JUNCTION_REGION"
            )
        if status == 409:
            raise Unavailable(f"Junction is changing this team at this moment (HTTP 409): {_AGAIN}", _LATER_S)
        if status in (400, 422):
            raise Misconfigured(
                f"Junction refuses what was sent (HTTP {status}{_places(answer.body)}) and has changed nothing: "
                "correct that, and run it again"
            )
        if 300 <= status < 400:
            raise Refused(FailureReason.UNEXPECTED, f"HTTP {status}: check STREAMS_JUNCTION_MANAGEMENT_URL")
        http_status.check(answer, time.time())


# Names of our requests. Others are not repeated: an answer may name a place by a piece of what it was sent.
_NAMES = frozenset(
    {
        *("body", "path", "query", "org_id", "env", "region", "team_id", "team_ids"),
        *("preferences", "preferred", "enabled", "push_historical_data", "provider_raw_data", "event_type_prefixes"),
        *("rabbitmq", "uri", "exchange", "cloud_pubsub", "project", "topic", "message_ordering"),
        *("azure_amqp", "connection_string", "default_event_hub", "compression", "event_hub_matchers"),
        *("event_type_prefix", "event_type_regex", "event_hub", "blob_storage", "container_name"),
    }
)


def _places(body: bytes) -> str:
    """`, body.rabbitmq.uri` of a 422."""
    found = [place for place in http_status.places(body).split(", ") if _NAMES.issuperset(place.split("."))]
    return "".join(f", {place}" for place in found)


@asynccontextmanager
async def open_management(settings: Settings, policy: RetryPolicy | None = None) -> AsyncIterator[Management]:
    """The Org Management API of the settings. Raises NotAuthorized and Misconfigured. `policy`: as in `open_client`."""
    http = HttpTransport(
        at_once=1, timeout_s=settings.junction_timeout_s, answer_bytes_max=settings.junction_answer_bytes_max
    )
    try:
        yield Management(settings, http, policy or RetryPolicy(settings.junction_tries, settings.junction_patience_s))
    finally:
        await http.close()
