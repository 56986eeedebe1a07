"""Good traffic: `python -m tests.attack.good`, its work as JSON in the environment. Prints each delivery as JSON.

Deliveries are due at a steady rate whatever becomes of those before (an open loop), over a few kept connections, each
renewed after a while as a sender's pool does. A time is from the moment a delivery is due to be sent, so that the wait
for a free connection counts, to the last byte of its answer. A kept connection that the other side closes
before it answers is tried again once on a new one, as RFC 9110 (9.2.2) lets a client.
"""

import asyncio
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import NamedTuple

from tests.attack.requests import body_of, delivery

WORK = "ATTACK_GOOD"
ADDRESS = "127.0.0.9"
SIZES = (1_000, 2_000, 2_000, 4_000, 12_000)  # one after the other
RENEW_AFTER = 60
ANSWER_S = 15.0  # Junction gives up then
_HEAD_BYTES_MAX = 65_536


@dataclass(frozen=True)
class Work:
    """`name`: the first part of all delivery ids. `sizes` of bodies in bytes."""

    host: str
    port: int
    name: str
    rate: float
    seconds: float
    lines: int = 8
    sizes: tuple[int, ...] = SIZES


class Sent(NamedTuple):
    """`at_s`: when it was due, of the monotonic clock. `status`: "204", or why there is none."""

    id: str
    at_s: float
    seconds: float
    status: str


class Line:
    """One kept connection."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = 0

    async def post(self, request: bytes) -> str:
        """The status; raises OSError, TimeoutError."""
        async with asyncio.timeout(ANSWER_S):
            is_kept = self._ends is not None
            try:
                return await self._exchange(request)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if not is_kept:
                    raise
                return await self._exchange(request)

    async def _exchange(self, request: bytes) -> str:
        if self._ends is None:
            self._ends = await asyncio.open_connection(self._work.host, self._work.port, local_addr=(ADDRESS, 0))
            self._used = 0
        reader, writer = self._ends
        writer.write(request)
        top = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"content-length:" in top:
            await reader.readexactly(int(top.partition(b"content-length:")[2].split(b"\r\n")[0]))
        self._used += 1
        if self._used >= RENEW_AFTER or b"connection: close" in top:
            self.close()
        return top[9:12].decode()

    def close(self) -> None:
        if self._ends:
            self._ends[1].close()
        self._ends = None


async def send(work: Work) -> list[Sent]:
    """All deliveries of this work."""
    queue: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()
    sent: list[Sent] = []
    bodies = [body_of(size) for size in work.sizes]
    senders = [asyncio.create_task(_sender(Line(work), work, bodies, queue, sent)) for _ in range(work.lines)]
    began_s = time.monotonic()
    for n in range(round(work.rate * work.seconds)):
        await asyncio.sleep(max(began_s + n / work.rate - time.monotonic(), 0))
        queue.put_nowait((n, time.monotonic()))
    for _ in senders:
        queue.put_nowait(None)
    await asyncio.gather(*senders)
    return sent


async def _sender(
    line: Line, work: Work, bodies: list[bytes], queue: "asyncio.Queue[tuple[int, float] | None]", sent: list[Sent]
) -> None:
    while (task := await queue.get()) is not None:
        n, at_s = task
        id = f"{work.name}_{n}"
        try:
            status = await line.post(delivery(id, bodies[n % len(bodies)]))
        except (OSError, asyncio.IncompleteReadError) as error:  # TimeoutError is an OSError
            line.close()
            status = type(error).__name__
        sent.append(Sent(id, at_s, time.monotonic() - at_s, status))
    line.close()


def environment(work: Work) -> dict[str, str]:
    """For the process."""
    return {WORK: json.dumps(asdict(work))}


def main() -> None:
    work = json.loads(os.environ[WORK])
    print(json.dumps(asyncio.run(send(Work(**work | {"sizes": tuple(work["sizes"])})))), flush=True)


if __name__ == "__main__":
    main()
