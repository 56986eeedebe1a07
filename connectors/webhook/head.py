"""What the door wants to know of the head of a request, in one pass over its headers. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

_SIGNATURE = {
    f"{sender}-{name}".encode(): f"{sender}-{name}"
    for sender in ("svix", "webhook")
    for name in ("id", "timestamp", "signature")
}
_IDS = frozenset((b"svix-id", b"webhook-id"))
_OTHERS = frozenset((b"content-length", b"transfer-encoding", b"x-forwarded-for", b"traceparent", b"tracestate"))


class Head(NamedTuple):
    """`signature`: the headers of a signature, as they came; one that comes twice is there twice.

    `length`: Content-Length, -1 for none. Headers that may be lists are joined by commas.
    """

    signature: list[tuple[str, str]]
    length: int
    has_body: bool
    forwarded_for: str
    traceparent: str
    tracestate: str


def read_head(headers: Iterable[tuple[bytes, bytes]]) -> Head:
    """Names are in lower case. Never raises: a length that is no number is the server's to refuse."""
    signature = []
    others: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        wanted = _SIGNATURE.get(name)
        if wanted is not None:
            signature.append((wanted, value.decode("latin-1")))
        elif name in _OTHERS:
            others.setdefault(name, []).append(value)
    length = others.get(b"content-length", [b""])[0][:20]
    n_bytes = int(length) if length.isdigit() else -1
    return Head(
        signature,
        n_bytes,
        n_bytes > 0 or b"transfer-encoding" in others,
        _text(others.get(b"x-forwarded-for"), ","),
        _text(others.get(b"traceparent", [])[:1], ""),
        _text(others.get(b"tracestate"), ","),
    )


def claimed_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The message id that a sender gave, as it came; "" for none. For requests that are refused."""
    return next((value.decode("latin-1") for name, value in headers if name in _IDS), "")


def _text(values: list[bytes] | None, between: str) -> str:
    return between.join(value.decode("latin-1") for value in values) if values else ""


def endpoint_of(path: str) -> str | None:
    """The endpoint that a path names, None for a path that leads nowhere."""
    if not path.startswith("/webhooks/"):
        return None
    # With a slash at the end it is the same endpoint: Svix does not follow redirects, and nobody sees the slash.
    name = path[10:].removesuffix("/")
    return name if name and "/" not in name else None
