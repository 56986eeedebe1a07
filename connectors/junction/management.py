"""Junction's Org Management API: how its calls are made, and what its refusals ask of a person (domain file, 7.1).

Nothing of an answer's text is told: a refusal may echo the body, and the body has the broker's password.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, NamedTuple

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


class Refusals(NamedTuple):
    """What the refusals of one part of the API ask of a person. `names`: of our requests; a sentence may have them."""

    forbidden: str
    missing: str
    names: frozenset[str]


# Others are not repeated: an answer may name a place by a piece of what it was sent.
_OF_PIPELINES = Refusals(
    forbidden="check STREAMS_JUNCTION_ORG_ID, and ask Junction whether ETL pipelines are enabled for you; they belong "
    "to the Scale plan",
    missing="no such organisation or team in {where} (HTTP 404): check STREAMS_JUNCTION_ORG_ID, the team, "
    "STREAMS_JUNCTION_ENVIRONMENT and STREAMS_JUNCTION_REGION",
    names=frozenset(
        {
            *("body", "path", "query", "org_id", "env", "region", "team_id", "team_ids"),
            *("preferences", "preferred", "enabled", "push_historical_data", "provider_raw_data"),
            *("event_type_prefixes", "rabbitmq", "uri", "exchange", "cloud_pubsub", "project", "topic"),
            *("message_ordering", "azure_amqp", "connection_string", "default_event_hub", "compression"),
            *("event_hub_matchers", "event_type_prefix", "event_type_regex", "event_hub", "blob_storage"),
            "container_name",
        }
    ),
)


class Management:
    """Use `open_management`. What `call` sends may be repeated: it is the whole of what is wanted."""

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
        return await self.ask(method, f"{endpoint}/{self._where}", _OF_PIPELINES, params, body)

    async def ask(
        self,
        method: str,
        path: str,
        refusals: Refusals,
        params: Mapping[str, str | Sequence[str]] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        once: bool = False,
    ) -> bytes:
        """The answer to `{org}/{path}`. `once`: not tried again, for what would happen twice. Raises as `call` does."""
        policy = replace(self._policy, tries=1) if once else self._policy
        try:
            async for attempt in policy.attempts():
                with attempt:
                    answer = await self._http.send(method, f"{self._base}/{path}", params, self._headers, body)
                    self._check(answer, refusals)
                    return answer.body
        except TryLater as error:
            raise Unavailable(f"{error}. What Junction kept is not known; {_AGAIN}", error.retry_after_s) from None
        raise AssertionError("retry_context ends by return or raise")

    def _check(self, answer: ApiAnswer, refusals: Refusals) -> None:
        """Return for 2xx."""
        status = answer.status
        if status == http_status.UNAUTHORIZED:
            raise NotAuthorized(
                "Junction refuses STREAMS_JUNCTION_MANAGEMENT_KEY (HTTP 401): was it deleted, or is it of another "
                "organisation? Junction's customer success manager gives out new ones"
            )
        if status == 403:
            raise Misconfigured(f"Junction lets this management key not do that (HTTP 403): {refusals.forbidden}")
        if status == http_status.MISSING:
            raise NotThere(f"Junction knows {refusals.missing.format(where=self._where)}")
        if status == 409:
            raise Unavailable(f"Junction is changing this team at this moment (HTTP 409): {_AGAIN}", _LATER_S)
        if status in (400, 422):
            places = _places(answer.body, refusals.names)
            raise BadValue(
                f"Junction refuses what was sent (HTTP {status}{places}) and has changed nothing: correct that, and "
                "run it again",
                answer.body,
            )
        if 300 <= status < 400:
            raise Refused(FailureReason.UNEXPECTED, f"HTTP {status}: check STREAMS_JUNCTION_MANAGEMENT_URL")
        http_status.check(answer, time.time())


class NotThere(Misconfigured):
    """404: what was asked for is not there, or the place where it should be."""


class BadValue(Misconfigured):
    """400 or 422: Junction cannot use what was sent. `body`: its answer, which may echo that; for nobody's eyes."""

    def __init__(self, sentence: str, body: bytes) -> None:
        super().__init__(sentence)
        self.body = body


def _places(body: bytes, names: frozenset[str]) -> str:
    """`, body.rabbitmq.uri` of a 422."""
    found = [place for place in http_status.places(body).split(", ") if names.issuperset(place.split("."))]
    return "".join(f", {place}" for place in found)


@asynccontextmanager
async def open_management(
    settings: Settings, policy: RetryPolicy | None = None, *, at_once: int = 1
) -> AsyncIterator[Management]:
    """The Org Management API of the settings. Raises NotAuthorized and Misconfigured. `policy`: as in `open_client`."""
    http = HttpTransport(
        at_once=at_once, timeout_s=settings.junction_timeout_s, answer_bytes_max=settings.junction_answer_bytes_max
    )
    try:
        yield Management(settings, http, policy or RetryPolicy(settings.junction_tries, settings.junction_patience_s))
    finally:
        await http.close()
