"""Every answer of the door: what it says, what it means for the metrics, and what the sender should do next."""

from typing import NamedTuple

from starlette.types import Message


class Reply(NamedTuple):
    """`is_retry_welcome`: with Retry-After. `is_last`: the rest of the body is not wanted, so the connection ends.

    `headers`: those of this one answer.
    """

    status: int
    body: bytes
    outcome: str
    is_retry_welcome: bool = False
    is_last: bool = False
    headers: tuple[tuple[bytes, bytes], ...] = ()


_LATER = b"try again later\n"

ACCEPTED = Reply(204, b"", "accepted")
KEPT = Reply(204, b"", "dead_letter")
PROBED = Reply(204, b"", "probe")
REFUSED = Reply(401, b"signature required\n", "refused")
NOT_ALLOWED = Reply(403, b"address not allowed\n", "not_allowed", is_last=True)
NOT_FOUND = Reply(404, b"not found: webhooks are taken at /webhooks/{endpoint}\n", "not_found", is_last=True)
NOT_POST = Reply(405, b"only POST\n", "not_post", is_last=True)
TOO_LARGE = Reply(413, b"body too large\n", "too_large", is_last=True)
TOO_SLOW = Reply(408, b"body too slow\n", "too_slow", is_last=True)
GONE = Reply(408, b"", "gone", is_last=True)
BUSY = Reply(503, _LATER, "busy", True, is_last=True)
OVERLOAD = Reply(503, _LATER, "overload", True)
UNAVAILABLE = Reply(503, _LATER, "unavailable", True)
BROKEN = Reply(503, _LATER, "error", True)
REPLIES = (
    ACCEPTED, KEPT, PROBED, REFUSED, NOT_ALLOWED, NOT_FOUND, NOT_POST, TOO_LARGE, TOO_SLOW, GONE, BUSY, OVERLOAD,
    UNAVAILABLE, BROKEN,
)  # fmt: skip
# A body that was refused by its headers alone is not read, so the connection ends.
REFUSED_UNREAD = REFUSED._replace(is_last=True)
EVERY = (*REPLIES, REFUSED_UNREAD)
OUTCOMES = tuple(reply.outcome for reply in REPLIES)


def messages(reply: Reply, retry_after_s: int) -> tuple[Message, Message]:
    """The two ASGI messages of a reply."""
    headers = list(reply.headers)
    if reply.body:
        headers += [(b"content-type", b"text/plain"), (b"content-length", str(len(reply.body)).encode())]
    if reply.status == NOT_POST.status:
        headers.append((b"allow", b"POST"))
    if reply.is_retry_welcome:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    if reply.is_last:
        headers.append((b"connection", b"close"))
    start = {"type": "http.response.start", "status": reply.status, "headers": headers}
    return start, {"type": "http.response.body", "body": reply.body}
