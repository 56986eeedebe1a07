"""The fake Management API for webhooks (domain file, 7.1): what the published schema says, over Svix's state.

Bodies are read more strictly than the schema: an unknown field is a 422. Junction does not say how it hands on what
Svix refuses: here a broken rule is a 422 that echoes, and too many rotations are Svix's own 400, `limit_reached`.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from streams.simulator.management import answers
from streams.simulator.management.endpoint import LimitReached, SvixEndpoint
from streams.simulator.management.options import PAGE_MAX
from streams.simulator.management.rules import Broken
from streams.simulator.management.state import NoSuch, SvixApp, SvixState
from streams.simulator.management.trouble import Mishap, Trouble

Json = dict[str, Any]
PREFIX = "/v1/org/{org_id}/team/{team_id}/{environment}"
_INTERVALS = {"5m": 300, "15m": 900, "1h": 3600, "1d": 86_400}


class _WebhookPlace(BaseModel):
    org_id: UUID
    team_id: UUID
    environment: Literal["production", "sandbox"]
    webhook_id: str = ""


class _Page(BaseModel):
    next_cursor: str | None = None
    limit: int = Field(50, ge=1, le=PAGE_MAX)


class _Metric(BaseModel):
    interval: Literal["5m", "15m", "1h", "1d"] = "1h"


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Create(_Exact):
    url: str
    description: str = ""
    rate_limit: int | None = None
    disabled: bool = False
    filter_types: list[str] | None = None
    secret: str | None = None


class _Patch(_Exact):
    url: str | None = None
    description: str | None = None
    rate_limit: int | None = None
    disabled: bool | None = None
    filter_types: list[str] | None = None


class _Headers(_Exact):
    headers: dict[str, str]


class _Rotate(_Exact):
    key: str | None = None


class FakeWebhooks:
    """`calls`: how many of each operation had their effect."""

    def __init__(self, state: SvixState, trouble: Trouble) -> None:
        self.state, self.trouble = state, trouble
        self.calls: Counter[str] = Counter()

    def operations(self) -> list[tuple[str, str, Callable[[Request, bytes], Response]]]:
        """Method, path, and what answers it."""
        one = f"{PREFIX}/webhook/{{webhook_id}}"
        return [
            ("GET", f"{PREFIX}/webhook", self._list),
            ("POST", f"{PREFIX}/webhook", self._create),
            ("GET", one, self._get),
            ("PATCH", one, self._patch),
            ("DELETE", one, self._delete),
            ("GET", f"{one}/headers", self._headers),
            ("PUT", f"{one}/headers", self._put_headers),
            ("GET", f"{one}/secret", self._secret),
            ("POST", f"{one}/secret/rotate", self._rotate),
            ("GET", f"{PREFIX}/event_delivery_metric", self._metric),
        ]

    def answered(self, operation: Callable[[Request, bytes], Response]) -> Callable[[Request], Any]:
        """The operation behind refusals and trouble, of a caller whose key was looked at."""

        async def answer(request: Request) -> Response:
            mishap = self.trouble.take(request.method, request.url.path)
            if early := answers.refused(mishap):
                return early
            body = await request.body()
            response = self._tried(operation, request, body, mishap)
            self.trouble.answered(request.method, request.url.path)
            return answers.NoAnswer() if mishap is Mishap.LOST else response

        return answer

    def _tried(
        self, operation: Callable[[Request, bytes], Response], request: Request, body: bytes, mishap: Mishap | None
    ) -> Response:
        try:
            response = operation(request, body)
        except ValidationError as error:
            return answers.invalid(_places(error))
        except Broken as error:
            return answers.invalid([_row(error, body)])
        except LimitReached as error:
            return JSONResponse({"code": "limit_reached", "detail": str(error)}, 400)
        except NoSuch:
            return JSONResponse({"detail": "Not Found"}, 404)
        self.calls[operation.__name__.removeprefix("_")] += 1
        return _in_a_circle(response) if mishap is Mishap.CIRCLE else response

    def _app(self, request: Request) -> SvixApp:
        place = _WebhookPlace.model_validate(request.path_params)
        return self.state.app(str(place.team_id), place.environment)

    def _endpoint(self, request: Request) -> SvixEndpoint:
        return self._app(request).endpoint(request.path_params["webhook_id"])

    def _list(self, request: Request, _body: bytes) -> Response:
        app, page = self._app(request), _Page.model_validate(dict(request.query_params))
        ids = sorted(app.endpoints)
        first = ids.index(page.next_cursor) if page.next_cursor in ids else 0
        if page.next_cursor is not None and page.next_cursor not in ids:
            raise Broken("next_cursor", "Invalid cursor")
        shown = [_webhook(app.endpoints[id]) for id in ids[first : first + page.limit]]
        rest = ids[first + page.limit :]
        return JSONResponse({"data": shown, "next_cursor": rest[0] if rest else None})

    def _create(self, request: Request, body: bytes) -> Response:
        app, wanted = self._app(request), _Create.model_validate_json(body).model_dump()
        secret = wanted.pop("secret")
        return JSONResponse(_webhook(self.state.add(app, wanted, secret)))

    def _get(self, request: Request, _body: bytes) -> Response:
        return JSONResponse(_webhook(self._endpoint(request)))

    def _patch(self, request: Request, body: bytes) -> Response:
        endpoint = self._endpoint(request)
        given = _Patch.model_validate_json(body).model_dump(exclude_unset=True)
        clears = {"rate_limit", "filter_types"} if self.state.options.null_clears else set()
        self.state.change(endpoint, {name: one for name, one in given.items() if one is not None or name in clears})
        return JSONResponse(_webhook(endpoint))

    def _delete(self, request: Request, _body: bytes) -> Response:
        app, endpoint = self._app(request), self._endpoint(request)
        del app.endpoints[endpoint.id]
        return Response(status_code=204)

    def _headers(self, request: Request, _body: bytes) -> Response:
        shown, hidden = self._endpoint(request).shown_headers()
        return JSONResponse({"headers": shown, "sensitive": hidden})

    def _put_headers(self, request: Request, body: bytes) -> Response:
        self._endpoint(request).put_headers(_Headers.model_validate_json(body).headers)
        return Response(status_code=204)

    def _secret(self, request: Request, _body: bytes) -> Response:
        return JSONResponse({"key": self._endpoint(request).secret})

    def _rotate(self, request: Request, body: bytes) -> Response:
        endpoint, options = self._endpoint(request), self.state.options
        key = _Rotate.model_validate_json(body).key
        old_s = options.real_s(options.old_secret_s)
        endpoint.rotate(key, self.state.clock(), old_s, options.old_secrets_max)
        return Response(status_code=204)

    def _metric(self, request: Request, _body: bytes) -> Response:
        app, interval = self._app(request), _Metric.model_validate(dict(request.query_params)).interval
        step_s = _INTERVALS[interval]
        counted: dict[str, Counter[int]] = {}
        for status, time_s in self.state.attempted(app):
            counted.setdefault(status, Counter())[int(time_s // step_s * step_s)] += 1
        rows = [{"metric": {"status": name}, "values": _series(times)} for name, times in sorted(counted.items())]
        return JSONResponse({"status": "success", "data": {"resultType": "matrix", "result": rows}})


def _series(times: Counter[int]) -> list[list[Any]]:
    return [[time_s, str(count)] for time_s, count in sorted(times.items())]


def _webhook(endpoint: SvixEndpoint) -> Json:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "rate_limit": endpoint.rate_limit,
        "disabled": endpoint.is_disabled,
        "filter_types": None if endpoint.filter_types is None else list(endpoint.filter_types),
        "created_at": rfc3339(endpoint.created_s),
        "updated_at": rfc3339(endpoint.updated_s),
    }


def rfc3339(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat().replace("+00:00", "Z")


def _places(error: ValidationError) -> list[Json]:
    where = {"_WebhookPlace": "path", "_Page": "query", "_Metric": "query"}.get(error.title, "body")
    return [{**row, "loc": [where, *row["loc"]]} for row in json.loads(error.json(include_url=False))]


def _row(error: Broken, body: bytes) -> Json:
    given = json.loads(body) if body else None
    place = "body" if body else "query"
    return {"loc": [place, error.place], "msg": error.message, "type": "value_error", "input": given}


def _in_a_circle(response: Response) -> Response:
    """The list's page with a cursor to its own first row."""
    page = json.loads(bytes(response.body))
    page["next_cursor"] = page["data"][0]["id"] if page["data"] else None
    return JSONResponse(page)
