"""Requests of both kinds: rightly signed ones, and a stranger's, which look alike up to the signature. Pure bytes."""

import base64
import json
import time

from streams.events.signature import sign

ENDPOINT = "junction"
PATH = f"/webhooks/{ENDPOINT}"
SECRET = "whsec_" + base64.b64encode(b"attacked" * 4).decode()
USER, TEAM = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77", "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310"
CRLF = b"\r\n"
FORGED = base64.b64encode(bytes(32)).decode()


def body_of(n_bytes: int) -> bytes:
    """An event of this many bytes (at least some two hundred)."""
    made = {"event_type": "daily.data.sleep.created", "user_id": USER, "team_id": TEAM, "data": {"fill": ""}}
    room = n_bytes - len(json.dumps(made))
    return json.dumps(made | {"data": {"fill": "x" * max(room, 0)}}).encode()


def signed(id: str, body: bytes) -> list[str]:
    """The three headers of a right delivery, made now."""
    now_s = int(time.time())
    return [f"svix-id: {id}", f"svix-timestamp: {now_s}", f"svix-signature: {sign(SECRET, id, now_s, body)}"]


def forged(id: str = "msg_forged") -> list[str]:
    """Well-formed and in time; the signature is wrong."""
    return [f"svix-id: {id}", f"svix-timestamp: {int(time.time())}", f"svix-signature: v1,{FORGED}"]


def head(lines: list[str], path: str = PATH, method: str = "POST", version: str = "HTTP/1.1") -> bytes:
    """Request line, `Host`, these lines and the empty one."""
    return "\r\n".join([f"{method} {path} {version}", "Host: gateway.example.com", *lines, "", ""]).encode("latin-1")


def delivery(id: str, body: bytes) -> bytes:
    """A whole delivery as Junction sends it."""
    return head(["Content-Type: application/json", f"Content-Length: {len(body)}", *signed(id, body)]) + body


def forgery(body: bytes, *more: str) -> bytes:
    """The same with a wrong signature."""
    return head([f"Content-Length: {len(body)}", *forged(), *more]) + body


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n" % len(data) + data + CRLF
