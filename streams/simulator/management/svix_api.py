"""The fake of Svix's API over the same state: what a token of one application may call to bring messages back.

As the open server answers (`v1/endpoints`), and `replay-missing` and background tasks as the hosted one is documented.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from streams.simulator.management import answers
from streams.simulator.management.deliveries import SvixDeliveries
from streams.simulator.management.endpoint import SvixEndpoint, new_id
from streams.simulator.management.messages import MessageState, SvixAttempt, SvixMessage
from streams.simulator.management.options import PAGE_MAX
from streams.simulator.management.rules import Broken
from streams.simulator.management.state import NoSuch, SvixApp
from streams.simulator.management.trouble import Mishap, Trouble
from streams.simulator.management.webhooks import rfc3339

Json = dict[str, Any]
_Row = TypeVar("_Row")
_API = "/api/v1"
_APP = f"{_API}/app/{{app_id}}"
_STATS_SPAN_S = 28 * 86_400 + 300


class _Range(BaseModel):
    since: AwareDatetime
    until: AwareDatetime | None = None


class _StatsRange(BaseModel):
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class _ListQuery(BaseModel):
    limit: int = Field(50, ge=1, le=PAGE_MAX)
    iterator: str | None = None
    status: MessageState | None = None
    before: AwareDatetime | None = None
    after: AwareDatetime | None = None

    def takes(self, time_s: float) -> bool:
        """Whether something of this time is asked for."""
        after, before = self.after, self.before
        return (after is None or after.timestamp() <= time_s) and (before is None or time_s < before.timestamp())


class FakeSvixApi:
    """`calls`: how many of each operation had their effect."""

    def __init__(self, deliveries: SvixDeliveries, trouble: Trouble) -> None:
        self.deliveries, self.state, self.trouble = deliveries, deliveries.state, trouble
        self.calls: Counter[str] = Counter()
        self._done: dict[str, Json] = {}

    def operations(self) -> list[tuple[str, str, Callable[[Request, bytes], Response]]]:
        """Method, path, and what answers it."""
        one = f"{_APP}/endpoint/{{endpoint_id}}"
        return [
            ("GET", f"{_APP}/endpoint", self._list_endpoints),
            ("GET", one, self._get_endpoint),
            ("PATCH", one, self._patch_endpoint),
            ("GET", f"{one}/stats", self._stats),
            ("POST", f"{one}/recover", self._recover),
            ("POST", f"{one}/replay-missing", self._replay_missing),
            ("GET", f"{one}/msg", self._list_attempted),
            ("GET", f"{_APP}/attempt/endpoint/{{endpoint_id}}", self._list_by_endpoint),
            ("GET", f"{_APP}/attempt/msg/{{message_id}}", self._list_by_message),
            ("POST", f"{_APP}/msg/{{message_id}}/endpoint/{{endpoint_id}}/resend", self._resend),
            ("GET", f"{_API}/background-task/{{task_id}}", self._task),
        ]

    def answered(self, operation: Callable[[Request, bytes], Response]) -> Callable[[Request], Any]:
        """The operation behind the token, refusals and trouble."""

        async def answer(request: Request) -> Response:
            mishap = self.trouble.take(request.method, request.url.path)
            if request.headers.get("authorization") != f"Bearer {self.state.options.svix_token}":
                mishap = Mishap.UNAUTHORIZED
            if early := answers.refused(mishap, by_svix=True):
                return early
            response = self._tried(operation, request, await request.body())
            self.trouble.answered(request.method, request.url.path)
            return answers.NoAnswer() if mishap is Mishap.LOST else response

        return answer

    def _tried(self, operation: Callable[[Request, bytes], Response], request: Request, body: bytes) -> Response:
        try:
            response = operation(request, body)
        except ValidationError as error:
            rows = json.loads(error.json(include_url=False, include_input=False, include_context=False))
            where = "body" if body else "query"
            return answers.invalid([{**row, "loc": [where, *map(str, row["loc"])]} for row in rows])
        except Broken as error:
            return answers.invalid([{"loc": ["body", error.place], "msg": error.message, "type": "value_error"}])
        except NoSuch:
            return JSONResponse({"code": "not_found", "detail": "Entity not found"}, 404)
        self.calls[operation.__name__.removeprefix("_")] += 1
        return response

    def _app(self, request: Request) -> SvixApp:
        if request.path_params["app_id"] not in self.state.apps:
            raise NoSuch
        return self.state.apps[request.path_params["app_id"]]

    def _endpoint(self, request: Request) -> SvixEndpoint:
        return self._app(request).endpoint(request.path_params["endpoint_id"])

    def _list_endpoints(self, request: Request, _body: bytes) -> Response:
        app, query = self._app(request), _ListQuery.model_validate(dict(request.query_params))
        rows = [(one.id, one) for one in app.endpoints.values()]
        return _page(query, rows, lambda found: [_endpoint_out(one) for one in found])

    def _get_endpoint(self, request: Request, _body: bytes) -> Response:
        return JSONResponse(_endpoint_out(self._endpoint(request)))

    def _patch_endpoint(self, request: Request, body: bytes) -> Response:
        endpoint, given = self._endpoint(request), json.loads(body)
        names = {"throttleRate": "rate_limit", "eventTypes": "filter_types"}
        self.state.change(endpoint, {names.get(name, name): value for name, value in given.items() if name in _PATCHED})
        return JSONResponse(_endpoint_out(endpoint))

    def _stats(self, request: Request, _body: bytes) -> Response:
        endpoint, asked = self._endpoint(request), _StatsRange.model_validate(dict(request.query_params))
        until_s = asked.until.timestamp() if asked.until else self.state.clock()
        since_s = asked.since.timestamp() if asked.since else until_s - _STATS_SPAN_S
        if until_s - since_s > _STATS_SPAN_S:
            detail = "'since' cannot be more than 28 days prior"
            return JSONResponse({"code": "invalid_range", "detail": detail}, 400)
        made = [one for one in endpoint.log.attempts if since_s <= one.made_s < until_s]
        counts = {"success": sum(one.is_success for one in made), "pending": 0, "sending": 0, "canceled": 0}
        return JSONResponse({**counts, "fail": len(made) - counts["success"]})

    def _recover(self, request: Request, body: bytes) -> Response:
        app, endpoint = self._app(request), self._endpoint(request)
        since_s, until_s = self._span(body)
        ids = endpoint.log.to_recover(since_s, until_s, self.state.options.recover_max)
        return self._sent_again(app, endpoint, ids, "endpoint.recover")

    def _replay_missing(self, request: Request, body: bytes) -> Response:
        app, endpoint = self._app(request), self._endpoint(request)
        ids = app.missing(endpoint, *self._span(body))
        return self._sent_again(app, endpoint, ids, "endpoint.replay")

    def _span(self, body: bytes) -> tuple[float, float]:
        """Unix seconds. Raises Broken for more than 14 days."""
        asked = _Range.model_validate_json(body)
        since_s, until_s = asked.since.timestamp(), asked.until.timestamp() if asked.until else self.state.clock()
        if until_s - since_s > self.state.options.span_max_s:
            raise Broken("since", "Cannot recover more than 14 days of messages")
        return since_s, until_s

    def _sent_again(self, app: SvixApp, endpoint: SvixEndpoint, ids: list[str], kind: str) -> Response:
        self.deliveries.again(app, endpoint, ids)
        now_s = self.state.clock()
        task = {"id": new_id("qtask_", now_s), "task": kind, "updatedAt": rfc3339(now_s)}
        self._done[task["id"]] = {**task, "status": "finished", "data": {"messagesSent": len(ids)}}
        return JSONResponse({**task, "status": "running"}, 202)

    def _task(self, request: Request, _body: bytes) -> Response:
        """An application's token may not ask on the hosted server; nobody says so."""
        id = request.path_params["task_id"]
        if id not in self._done or not self.state.options.tells_tasks:
            raise NoSuch
        return JSONResponse(self._done[id])

    def _resend(self, request: Request, _body: bytes) -> Response:
        app, endpoint = self._app(request), self._endpoint(request)
        self.deliveries.again(app, endpoint, [app.message(request.path_params["message_id"]).id])
        return JSONResponse({}, 202)

    def _list_attempted(self, request: Request, _body: bytes) -> Response:
        app, endpoint = self._app(request), self._endpoint(request)
        query = _ListQuery.model_validate(dict(request.query_params))
        wanted = (
            (id, app.messages[id])
            for id in endpoint.log.attempted()
            if (query.iterator is None or id < query.iterator)
            and query.takes(app.messages[id].created_s)
            and (query.status is None or endpoint.log.standing(id) is query.status)
        )
        rows = list(islice(wanted, query.limit + 1))  # not all: there may be many, and it delivers meanwhile
        return _page(query, rows, lambda found: [_attempted_out(one, endpoint) for one in found])

    def _list_by_endpoint(self, request: Request, _body: bytes) -> Response:
        endpoint, query = self._endpoint(request), _ListQuery.model_validate(dict(request.query_params))
        return _attempts(endpoint, query, endpoint.log.attempts)

    def _list_by_message(self, request: Request, _body: bytes) -> Response:
        app, query = self._app(request), _ListQuery.model_validate(dict(request.query_params))
        message = app.message(request.path_params["message_id"])
        found = [(one, attempt) for one in app.endpoints.values() for attempt in one.log.of(message.id)]
        rows = [(attempt.id, (one, attempt)) for one, attempt in found if query.takes(attempt.made_s)]
        return _page(query, rows, lambda pairs: [_attempt_out(attempt, one) for one, attempt in pairs])


_PATCHED = frozenset({"description", "throttleRate", "url", "disabled", "eventTypes"})


def _attempts(endpoint: SvixEndpoint, query: _ListQuery, attempts: list[SvixAttempt]) -> Response:
    rows = [
        (one.id, one)
        for one in attempts
        if query.takes(one.made_s) and (query.status is None or _status(one) is query.status)
    ]
    return _page(query, rows, lambda found: [_attempt_out(one, endpoint) for one in found])


def _page(query: _ListQuery, rows: list[tuple[str, _Row]], shown: Callable[[list[_Row]], list[Json]]) -> Response:
    """The newest first, from behind the iterator on."""
    rows = sorted(rows, key=lambda row: row[0], reverse=True)
    if query.iterator is not None:
        rows = [row for row in rows if row[0] < query.iterator]
    found = rows[: query.limit]
    iterator = found[-1][0] if found else query.iterator
    body = {"data": shown([one for _, one in found]), "iterator": iterator, "done": len(rows) <= query.limit}
    return JSONResponse(body)


def _status(attempt: SvixAttempt) -> MessageState:
    return MessageState.SUCCESS if attempt.is_success else MessageState.FAIL


def _endpoint_out(one: SvixEndpoint) -> Json:
    return {
        "id": one.id,
        "url": one.url,
        "description": one.description,
        "metadata": {},
        "throttleRate": one.rate_limit,
        "disabled": one.is_disabled,
        "eventTypes": None if one.filter_types is None else list(one.filter_types),
        "createdAt": rfc3339(one.created_s),
        "updatedAt": rfc3339(one.updated_s),
    }


def _attempt_out(attempt: SvixAttempt, endpoint: SvixEndpoint) -> Json:
    status = _status(attempt)
    return {
        "id": attempt.id,
        "msgId": attempt.message_id,
        "endpointId": endpoint.id,
        "url": attempt.url,
        "response": attempt.response,
        "responseStatusCode": attempt.status,
        "responseDurationMs": attempt.took_ms,
        "status": status.value,
        "statusText": status.name.lower(),
        "triggerType": attempt.trigger.value,
        "timestamp": rfc3339(attempt.made_s),
    }


def _attempted_out(message: SvixMessage, endpoint: SvixEndpoint) -> Json:
    status, last = endpoint.log.standing(message.id), endpoint.log.of(message.id)[-1]
    return {
        "id": message.id,
        "eventType": message.event_type,
        "payload": {},  # what is asked for without content
        "timestamp": datetime.fromtimestamp(message.created_s, UTC).isoformat(),
        "status": status.value,
        "statusText": status.name.lower(),
        "nextAttempt": None if last.next_s is None else rfc3339(last.next_s),
    }
