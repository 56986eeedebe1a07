"""What goes wrong: drawn for each request from the seed, the question and how often it was asked; repeatable."""

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from streams.simulator.api.options import ApiOptions, Fault
from streams.simulator.randomness import key_of, noise

_REFUSALS = {
    Fault.UNAUTHORIZED: (401, {"detail": "Unauthorized"}),
    Fault.MISSING: (404, {"detail": "Not Found"}),
    Fault.INVALID: (422, {"detail": [{"loc": ["query"], "msg": "made up", "type": "value_error"}]}),
    Fault.LIMITED: (429, {"detail": "Too Many Requests"}),
    Fault.LIMITED_WITH_WAIT: (429, {"detail": "Too Many Requests"}),
    Fault.UNAVAILABLE: (503, {"detail": "Service Unavailable"}),
    Fault.HUNG: (504, {"detail": "Gateway Timeout"}),
}


def drawn(options: ApiOptions, question: str, number: int) -> Fault | None:
    """The fault of the `number`-th time that this question is asked, if any."""
    left = noise(key_of("api", options.seed, question), number)
    for fault, share in options.faults.items():
        if left < share:
            return fault
        left -= share
    return None


REFUSED = frozenset(_REFUSALS)


def refusal(fault: Fault, retry_after_s: int = 0) -> Response:
    """An answer instead of the right one, of the faults in REFUSED."""
    status, body = _REFUSALS[fault]
    headers = {"retry-after": str(retry_after_s)} if fault is Fault.LIMITED_WITH_WAIT else None
    return JSONResponse(body, status, headers)


def delivered(body: bytes, fault: Fault | None) -> Response:
    """The answer as it leaves."""
    if fault is Fault.CUT:
        return _Cut(body, media_type="application/json")
    if fault is Fault.TRUNCATED:
        body = body[: len(body) // 2]
    return Response(body, media_type="application/json")


class _Cut(Response):
    """Promises the whole body, sends half of it, and is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
