"""Signed requests in a file, as `play.lua` reads them: four bytes of length (big endian), then the request."""

import json
import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from streams.events.message_ids import new_message_id
from streams.events.signature import sign

ENDPOINT = "bench"
FRESH_S = 120.0  # a signature counts for five minutes
_FILE_BYTES = 16_000_000  # each thread of wrk holds all of them
_DISTINCT_MAX = 2000  # sent over and over: a gateway does not deduplicate


def body_of(user_id: str, bytes_wanted: int) -> bytes:
    """A heart-rate event of about that size, in Junction's current shape."""
    start = datetime(2026, 6, 3, tzinfo=UTC)
    sample = {"id": None, "timezone_offset": 7200, "type": None, "unit": "bpm"}
    envelope = {"event_type": "daily.data.heartrate.created", "user_id": user_id, "team_id": str(uuid4())}
    source = {"provider": "garmin", "type": "watch", "app_id": None, "device_id": None}
    samples = [
        sample | {"timestamp": (start + timedelta(seconds=15 * i)).isoformat(), "value": float(random.randint(45, 160))}
        for i in range(max(1, (bytes_wanted - 300) // 118))
    ]
    return json.dumps(envelope | {"data": {"source": source, "data": samples}}).encode()


def distinct(bytes_wanted: int) -> int:
    """How many different deliveries of a size are prepared."""
    return max(1, min(_DISTINCT_MAX, _FILE_BYTES // bytes_wanted))


def request(headers: dict[str, str], body: bytes) -> bytes:
    """One HTTP/1.1 request as bytes."""
    head = {"host": "127.0.0.1", "content-length": str(len(body)), "content-type": "application/json"} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /webhooks/{ENDPOINT} HTTP/1.1\r\n{lines}\r\n".encode() + body


class Deliveries:
    """The files of one run: bodies are made once for each size, and signed anew before their signatures are old."""

    def __init__(self, secret: str, folder: Path) -> None:
        self._secret, self._folder = secret, folder
        self._bodies: dict[float, list[bytes]] = {}
        self._signed_s: dict[float, float] = {}

    def file(self, kb: float) -> Path:
        """Requests with bodies of that size, signed within the last two minutes."""
        path = self._folder / f"{kb:g}.requests"
        if kb not in self._bodies:
            n_bytes = int(kb * 1000)
            self._bodies[kb] = [self.made(n_bytes) for _ in range(distinct(n_bytes))]
        if time.time() - self._signed_s.get(kb, 0.0) > FRESH_S:
            self._signed_s[kb] = time.time()
            path.write_bytes(b"".join(map(self._framed, self._bodies[kb])))
        return path

    def made(self, n_bytes: int) -> bytes:
        """A body of about that size."""
        return body_of(str(uuid4()), n_bytes)

    def id(self, now_s: int) -> str:
        """Of a message that is made now."""
        return new_message_id(now_s * 1000, secrets.token_bytes(15))

    def _framed(self, body: bytes) -> bytes:
        now_s = int(time.time())
        id_ = self.id(now_s)
        signature = sign(self._secret, id_, now_s, body)
        made = request({"svix-id": id_, "svix-timestamp": str(now_s), "svix-signature": signature}, body)
        return len(made).to_bytes(4, "big") + made
