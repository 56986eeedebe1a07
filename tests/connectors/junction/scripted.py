"""A server that answers what it is told, byte for byte: real sockets, so that cut and slow answers are real too."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from streams.ops.settings import Settings

KEY = "sk_us_dGhlLW1hcmtlci10aGF0LW11c3Qtbm90LXNob3c"


@dataclass(frozen=True)
class Request:
    """`headers`: names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


Answer = bytes | Callable[[Request], bytes]
HANG = b"hang"  # read the request, never answer


@dataclass
class Scripted:
    """Gives the answers one after another, the last one for ever; an empty one cuts the connection."""

    answers: list[Answer]
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    most_at_once: int = 0
    _now: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while request := await read_request(reader):
                self.requests.append(request)
                self._now += 1
                self.most_at_once = max(self.most_at_once, self._now)
                await asyncio.sleep(0)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                said = answer if isinstance(answer, bytes) else answer(request)
                if said == HANG:
                    await reader.read()
                writer.write(said)
                await writer.drain()
                self._now -= 1
                if b"content-length" not in said or b"connection: close" in said:
                    break
        writer.close()


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def http(status: int, body: bytes = b"{}", *headers: str, length: int | None = None) -> bytes:
    """An answer; `length` may lie."""
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def scripted(*answers: Answer) -> AsyncIterator[Scripted]:
    """On a free loopback port."""
    script = Scripted(list(answers))
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield script
    finally:
        server.close()


def settings_for(url: str, **changes: object) -> Settings:
    """A team with a key; quick, since nobody wants to wait in tests."""
    given = {"junction_url": url, "junction_api_key": KEY, "junction_requests_per_s": 10_000.0} | changes
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]  # because the tests change one setting at a time
