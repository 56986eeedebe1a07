"""Svix sends again what failed, and what was never tried, until no failure is left.

`recover` takes at most 14 days, stops at 10,000 messages on the open server, looks only at what arrived within the span
it is given, and knows nothing of the time in which the endpoint was disabled: no attempt, no failure. `replay-missing`
brings that, and nothing else does. So each span is replayed, then recovered until a round brings none, up to now where
14 days allow it; what an older span has left over its limit is sent one by one.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.svix.client import SPAN_MS_MAX, SvixApi, SvixSpan

Tell = Callable[[str], None]
Now = Callable[[], int]  # Unix milliseconds


@dataclass(frozen=True, slots=True)
class Patience:
    """`poll_s`: between two looks at what has failed. `quiet_s`: a round that stood still so long has ended."""

    poll_s: float = 5.0
    quiet_s: float = 30.0


@dataclass(slots=True)
class SvixRecovered:
    """`failed`: before. `asked`: messages that Svix was asked for, as far as it says. `left`: still failed."""

    failed: int = 0
    replayed: int | None = 0
    one_by_one: int = 0
    rounds: int = 0
    left: int = 0


def pieces(span: SvixSpan, now_ms: int) -> Iterator[SvixSpan]:
    """The span in parts of at most 14 days, the newest first; the newest ends now where the span does."""
    end_ms = now_ms if span.until_ms is None else min(span.until_ms, now_ms)
    is_open = span.until_ms is None or span.until_ms >= now_ms
    while end_ms > span.since_ms:
        start_ms = max(span.since_ms, end_ms - SPAN_MS_MAX)
        yield SvixSpan(start_ms, None if is_open else end_ms)
        end_ms, is_open = start_ms, False


class BySvix:
    """Of one endpoint, whose rate is `rate` messages a second meanwhile."""

    def __init__(
        self, svix: SvixApi, endpoint_id: str, rate: int, patience: Patience, tell: Tell, now: Now | None = None
    ) -> None:
        self._svix, self._id, self._rate = svix, endpoint_id, rate
        self._patience, self._tell = patience, tell
        self._now = now or (lambda: int(time.time() * 1000))
        self.done = SvixRecovered()

    async def bring(self, span: SvixSpan) -> SvixRecovered:
        """Raises Misconfigured and Unavailable; what was asked for until then is in `done`."""
        for piece in pieces(span, self._now()):
            self.done.failed += len(await self._failed(piece))
            await self._replay(piece)
            await self._recover(piece)
        self.done.left = sum([len(await self._failed(piece)) for piece in pieces(span, self._now())])
        return self.done

    async def _replay(self, piece: SvixSpan) -> None:
        task = await self._svix.replay_missing(self._id, piece)
        sent = await self._sent(task)
        self._tell(f"replay missing: {'number not told' if sent is None else f'{sent:,} messages'}")
        self.done.replayed = None if sent is None or self.done.replayed is None else self.done.replayed + sent
        await asyncio.sleep((sent or 0) / self._rate)

    async def _recover(self, piece: SvixSpan) -> None:
        """Rounds, while each leaves fewer."""
        left = await self._failed(piece)
        while left:
            self.done.rounds += 1
            self._tell(f"recover, round {self.done.rounds}: {len(left):,} failed messages")
            before, left = left, await self._round(piece, left)
            if len(left) >= len(before):
                return  # nothing arrives: the endpoint does not take them
            if left and self._reach(piece).until_ms is not None:
                await self._one_by_one(piece, left)
                return

    def _reach(self, piece: SvixSpan) -> SvixSpan:
        """Up to now where 14 days allow it: what arrived after the end would be sent once more."""
        is_near = piece.since_ms >= self._now() - SPAN_MS_MAX
        return SvixSpan(piece.since_ms, None) if is_near else piece

    async def _round(self, piece: SvixSpan, failed: list[str]) -> list[str]:
        await self._svix.recover(self._id, self._reach(piece))
        return await self._settled(piece, failed)

    async def _one_by_one(self, piece: SvixSpan, failed: list[str]) -> None:
        """At the rate of the endpoint."""
        self._tell(f"sent one by one: {len(failed):,} messages, older than a second recover reaches")
        for message_id in failed:
            await self._svix.resend(self._id, message_id)
            self.done.one_by_one += 1
            await asyncio.sleep(1 / self._rate)
        await self._settled(piece, failed)

    async def _settled(self, piece: SvixSpan, failed: list[str]) -> list[str]:
        """What is still failed once the number goes down no further, or is none."""
        # The lowest counts: where as many fail anew as arrive, it goes up and down for ever.
        still_since, lowest = time.monotonic(), len(failed)
        wait_s = self._patience.poll_s / 16
        while failed and time.monotonic() - still_since < self._patience.quiet_s:
            await asyncio.sleep(wait_s)
            wait_s = min(self._patience.poll_s, 2 * wait_s)  # a few messages are there soon
            began = time.monotonic()
            now_failed = await self._failed(piece)
            if len(now_failed) < lowest:
                still_since, lowest = time.monotonic(), len(now_failed)
                self._tell(f"{len(now_failed):,} failed messages left")
            failed = now_failed
            await asyncio.sleep(2 * (time.monotonic() - began))  # a long list is asked for less often
        return failed

    async def _failed(self, piece: SvixSpan) -> list[str]:
        return await self._svix.failed(self._id, piece, self._now())

    async def _sent(self, task: str) -> int | None:
        """Asked for a few times: a task takes its time."""
        for _ in range(5):
            sent = await self._svix.sent_by(task)
            if sent is not None:
                return sent
            await asyncio.sleep(self._patience.poll_s / 5)
        return None
