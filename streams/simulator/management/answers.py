"""Answers of the fake over HTTP: refusals in Junction's and in Svix's form, and one that never comes."""

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from streams.simulator.management.trouble import Mishap

Json = dict[str, Any]

_REFUSED: dict[Mishap, tuple[int, Json, dict[str, str]]] = {
    Mishap.UNAUTHORIZED: (401, {"detail": "Unauthorized"}, {}),
    Mishap.LIMITED: (429, {"detail": "Too Many Requests"}, {"retry-after": "1"}),
    Mishap.BROKEN: (500, {"detail": "Internal Server Error"}, {}),
}


def refused(mishap: Mishap | None, *, by_svix: bool = False) -> Response | None:
    """Of a call that has no effect, None where it has one."""
    if mishap not in _REFUSED:
        return None
    status, body, headers = _REFUSED[mishap]
    if by_svix:
        body = {"code": mishap.value, "detail": body["detail"]}
    return JSONResponse(body, status, headers)


def invalid(detail: list[Json]) -> Response:
    """It echoes what it refuses, secrets too."""
    return JSONResponse({"detail": detail}, 422)


class NoAnswer(Response):
    """The connection ends in the middle of one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"application/json"), (b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
