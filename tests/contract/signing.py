"""Hooks of schemathesis, which runs them in its own environment: signatures for half of the requests, and two checks.

The signature is made here from Svix' description, not by our own code.
"""

import base64
import hashlib
import hmac
import os
import time

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase

KEY = base64.b64decode(os.environ["CONTRACT_SECRET"].removeprefix("whsec_"))
ENDPOINT = os.environ["CONTRACT_ENDPOINT"]
MARK = "x-contract-signed"
SETS = ("svix", "webhook")


class Signed(AuthBase):
    """Signs about every second webhook, the same each time, and leaves the others as they were made up."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        made = repr((request.url, sorted(request.headers.items()), body_of(request))).encode()
        n = hashlib.sha256(made).digest()[0]
        if n % 2 or request.method != "POST" or "/webhooks/" not in (request.url or ""):
            return request
        for name in [name for name in request.headers if name.lower().startswith(SETS)]:
            del request.headers[name]
        request.url = f"{(request.url or '').partition('/webhooks/')[0]}/webhooks/{ENDPOINT}"
        request.headers.update(signature(f"msg_{n}", int(time.time()), body_of(request), SETS[n // 2 % 2]))
        request.headers[MARK] = "yes"
        return request


def signature(id: str, timestamp_s: int, body: bytes, name: str) -> dict[str, str]:
    """One set of headers."""
    signed = f"{id}.{timestamp_s}.".encode() + body
    code = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    return {f"{name}-id": id, f"{name}-timestamp": str(timestamp_s), f"{name}-signature": f"v1,{code}"}


def body_of(request: PreparedRequest) -> bytes:
    """The bytes that will be sent."""
    body = request.body or b""
    return body.encode() if isinstance(body, str) else bytes(body)


schemathesis.auth.set_from_requests(Signed())


@schemathesis.check
def no_server_error_but_503(ctx, response, case) -> None:  # type: ignore[no-untyped-def]  # because schemathesis is not installed where mypy runs
    """What goes wrong here is told as "come again"."""
    assert response.status_code < 500 or response.status_code == 503, response.status_code


@schemathesis.check
def signed_is_taken(ctx, response, case) -> None:  # type: ignore[no-untyped-def]  # because schemathesis is not installed where mypy runs
    """Whatever the body says, and whatever other headers there are."""
    if MARK in {name.lower() for name in response.request.headers}:
        assert response.status_code == 204, response.status_code
